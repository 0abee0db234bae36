/**
 * Disks that lie on other machines, read when a client needs them.
 *
 * <pre>
 *   RemoteSource (BlockSource) --ready?--> cache.ChunkCache --> BlockFile      answered at once
 *        |  one flight for each chunk, however many wait
 *        v
 *   Mirrors (Origin)  retries within a budget, fails over, asks a second mirror when the first is slow
 *        +--> HttpOrigin   GET with a range: 206, the very range, the same entity tag, or it is an error
 *        +--> NbdOrigin    connections to any NBD server
 * </pre>
 *
 * <p>Invariant: no byte reaches a client, or the cache, before its chunk has come whole and its digest is the one that
 * was noted, if one was.
 */
package io.varve.daemon.remote;
