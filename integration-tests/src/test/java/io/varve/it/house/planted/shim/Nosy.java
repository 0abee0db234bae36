package io.varve.it.house.planted.shim;

import io.varve.it.house.planted.nbd.session.Session;

/** Breaks the modules: the shim knows the protocol. */
public class Nosy {
    Session session;
}
