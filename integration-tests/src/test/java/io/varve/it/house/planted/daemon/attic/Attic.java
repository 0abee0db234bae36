package io.varve.it.house.planted.daemon.attic;

/** Is in a room without a rank. */
public class Attic {}
