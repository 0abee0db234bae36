package io.varve.it.house.planted.nbd.session;

import io.varve.it.house.planted.daemon.attic.Attic;

/** Breaks the modules: the protocol knows the daemon. */
public class Session {
    Attic attic;
}
