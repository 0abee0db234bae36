package io.varve.it.house.planted.daemon.disk;

/** Breaks the rules of a hot room. */
public class Disk {
    long now = System.currentTimeMillis();
    String text = String.format("%d", now);

    Disk(boolean open, boolean writable) {}
}
