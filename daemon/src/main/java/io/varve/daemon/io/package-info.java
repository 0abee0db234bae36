/**
 * Seams to what lies below the daemon: files, directories, locks, checksums, buffers, and the threads that may wait.
 *
 * <pre>
 *   layer, overlay, store          agents
 *     |        |      |              |  demand / background
 *  BlockFile FileSpace FileLocks   Workers
 *     |        |         |           |  may wait: read, sync
 *  NativeBlockFile  NativeFileSpace  |
 *     |        |         |           |
 *   io.varve.shim.file: preadv2(RWF_NOWAIT), pread, pwrite, fdatasync, fallocate, fcntl(F_OFD_SETLK)
 * </pre>
 *
 * <p>Design note: all file operations of layers, overlays and the catalogue, locks too, go through {@link
 * io.varve.daemon.io.BlockFile} and {@link io.varve.daemon.io.FileSpace}, because a simulated disk that forgets what
 * was not synced takes their place in tests. What both must do is written down in two contract tests.
 *
 * <p>Design note: a read is tried without waiting first, on the thread that serves the client, because most reads
 * hit the page cache; only what is not there costs a hand-over to a worker and back.
 */
package io.varve.daemon.io;
