/**
 * Import jobs: people's own files into layers, with progress.
 *
 * <pre>
 *   ImportSource: a file, its parents
 *      ImportPart: one file of them  --read--> segment of the LayerWriter --+--> blob, page checksums, chunk digests
 *         what it leaves to its         zero pages, and                     +--> map                (helper threads)
 *         parents is skipped            pages of the parent, are dropped    +--> every 32 MiB: fdatasync, then a note
 *                                                                                of how far it is  (one more thread)
 * </pre>
 *
 * <p>A chain becomes one layer per file, base first. A layer holds the pages of which its file says at least one
 * sector, with the sectors that its parents have in the same page; and zeros behind the end of a shorter parent, where
 * one further down has something. A file that says nothing new becomes no layer. What each file became is noted as
 * soon as its layer is sealed ({@link io.varve.daemon.store.ForeignRecords}), under the identities of the file and all
 * of its parents: format, size, time, and id, or inode and path if the format has no ids. An import begins above the
 * first file that is noted; so the next child costs what it says itself, and an import that was interrupted goes on
 * with the file where it was. One that fails deletes the layers that it made. With {@code --parent IMAGE}, the chain
 * becomes one layer on top of that image, and nothing is noted.
 *
 * <p>A run that was interrupted, killed, or cut off by a crash leaves its files in {@code tmp/import-KEY}; the key is
 * a digest of the identities of the file and its parents, and of the layers below. A run with the same key
 * checks the checksum of every page up to the last note, and continues there. A run that fails (full disk, bad
 * source) deletes its files: what is in the way of others must go. Block devices do not say when they changed; their
 * import always begins anew. Two runs of one key at a time exclude each other by a lock.
 *
 * <p>Design note: the source must not change meanwhile. Sizes and times of all of its files are compared at the end of
 * each layer, and the layer is sealed only then, because a layer of bytes from two moments is a disk that never was.
 */
package io.varve.daemon.transfer;
