/**
 * Import and export jobs: people's own files into layers, and layers into files, with progress.
 *
 * <h2>Import</h2>
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
 *
 * <h2>Export</h2>
 * <pre>
 *   ExportSource: layers, an overlay          ExportParent: a file, its parents
 *      WholeReader: pages that are not zero      |
 *      DifferenceReader: sectors that differ <---+
 *            |  one thread reads, checks and compares
 *            v
 *      ExportBatch  4 MiB of data, ranges of zeros; three go round (ExportPipe)
 *            |  the other writes
 *            v
 *      ImageWriter --> NewFile  .FILE.varve-export, and FILE when it is durable
 *                      (a third one syncs it meanwhile: WriteBehind)
 * </pre>
 *
 * <p>What is absent or zero is never read: extents say where data is. Pages of zeros inside of data are not written
 * either. A disk whose size the format cannot have is rounded up with zeros; raw files keep every size.
 *
 * <p>A file that stands on a parent holds the sectors that differ, and no others. In general the whole disk is compared
 * with that of the parent. Where {@link io.varve.daemon.store.ForeignRecords} knows the parent, and its layers are the
 * lowest of the disk, only what the layers and the overlay above them say is looked at. An export of an image notes its
 * file there, unless its size was rounded up or it is raw: so the children of an exported base cost what they say, and
 * an import of the file costs nothing. What a client has is not noted, because it is no layer.
 *
 * <p>A run that fails or is interrupted deletes its file. One that was killed leaves it under its temporary name, which
 * is always the same, and the next run for the same file deletes it; two at a time exclude each other by a lock.
 */
package io.varve.daemon.transfer;
