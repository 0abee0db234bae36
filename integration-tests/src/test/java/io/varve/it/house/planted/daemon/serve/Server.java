package io.varve.it.house.planted.daemon.serve;

import io.varve.it.house.planted.daemon.disk.Disk;

/** Breaks the wall between serve and disk, though the rank allows it. */
public class Server {
    Disk disk;
}
