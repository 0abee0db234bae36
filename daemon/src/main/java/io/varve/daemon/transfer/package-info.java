/**
 * Import jobs: people's own files into layers, with progress.
 *
 * <pre>
 *   RawSource --pread--> segment of the LayerWriter --+--> blob, page checksums, chunk digests   (helper threads)
 *      holes are skipped       zero pages, and        +--> map
 *                              pages of the parent,   +--> every 32 MiB: fdatasync, then a note of how far it is
 *                              are dropped                                                        (one more thread)
 * </pre>
 *
 * <p>A run that was interrupted, killed, or cut off by a crash leaves its files in {@code tmp/import-KEY}; the key is
 * a digest of the source's path, inode, size and time of change, and of the parent's layers. A run with the same key
 * checks the checksum of every page up to the last note, and continues there. A run that fails (full disk, bad
 * source) deletes its files: what is in the way of others must go. Block devices do not say when they changed; their
 * import always begins anew. Two runs of one key at a time exclude each other by a lock.
 *
 * <p>Design note: the source must not change meanwhile. Its size and time are compared at the end, and the layer is
 * sealed only then, because a layer of bytes from two moments is a disk that never was.
 */
package io.varve.daemon.transfer;
