package io.varve.daemon.remote;

/**
 * What tells a disk on another machine from one that was put in its place.
 *
 * <p>Immutable.
 *
 * @param size      bytes of the disk
 * @param validator what the server says of this state of it, an HTTP entity tag or time of last change; empty if it
 *                  says nothing
 */
public record OriginIdentity(long size, String validator) {}
