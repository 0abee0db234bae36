package io.varve.it.house.planted.shim.libc;

/** Breaks on the sixth argument. */
public interface Libc {

    long copyFileRange(int in, long inPosition, int out, long outPosition, long length, int flags);

    long harmless(int in, long inPosition, int out, byte[] pointer, long length, int flags);
}
