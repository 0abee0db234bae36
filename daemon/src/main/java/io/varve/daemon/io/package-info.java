/**
 * Seams to what lies below the daemon: files, directories, clocks, checksums, buffers.
 *
 * <p>Design note: all file operations of layers, overlays and the catalogue go through {@link
 * io.varve.daemon.io.BlockFile} and {@link io.varve.daemon.io.FileSpace}, because a simulated disk that forgets what
 * was not synced takes their place in tests.
 */
package io.varve.daemon.io;
