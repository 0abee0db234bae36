package io.varve.it.house.planted.daemon.io;

import io.varve.it.house.planted.daemon.serve.Server;

/** Breaks the ranks: the lowest room knows a higher one. */
public class Upward {
    Server server;
}
