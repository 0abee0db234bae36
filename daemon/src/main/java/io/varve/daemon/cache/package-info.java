/**
 * Local copies of disks that lie on other machines: the chunks of 16 KiB that were fetched, as long as there is room.
 *
 * <h2>Files</h2>
 * One directory for each disk. Numbers are little-endian.
 * <pre>
 *   data       the disk, sparse: chunk i at i * 16384; whole pages, the rest of the last one is zero
 *   crc        CRC32C of each page of 4096 bytes, 4 bytes each, page i at i * 4; zero where nothing came yet
 *   digests    SHA-256 of each chunk, if it is known, drawn in DigestFile
 *   ready      header, drawn in ReadyHeader; then which chunks are here, one bit each, drawn in ReadyFile
 *   ready.new  a cache that is being made
 * </pre>
 *
 * <h2>Limits</h2>
 * A disk has at most 16 TiB, 2^30 chunks. Five bitmaps of them are in memory, where there is something to note: up to
 * 160 KiB for each 4 GiB of the disk of which something is here, 4 MiB for a disk of 100 GiB. Chunks on disk take what
 * {@link io.varve.daemon.cache.CacheLimits} says; crc and digests, which stay when chunks go, at most 1/290 of the disk
 * beside, and the bitmap 1/130000.
 *
 * <h2>A power cut</h2>
 * What {@code ready} says is here, after whatever crash, is here, byte for byte. There are four rules:
 * <ol>
 *   <li>A bit is set in memory after the bytes, the checksums and the digest of its chunk were written.
 *   <li>The bits are written to disk so: remember them; sync data, crc and digests; write what was remembered; sync it.
 *       So what is written was synced before, and bits that were set meanwhile wait for the next time.
 *   <li>A chunk is evicted so: clear its bit in memory; persist the bits as above; punch, if the bit is still clear and
 *       no reader is inside. So no bit on disk, old or new, stands for bytes that were punched. (A block that the cut
 *       tore has old bits and new ones, all true; it counts as zeros, because its checksum cannot tell it from damage.)
 *   <li>What was read at open is synced at once: a process that was killed may have written it and never synced it.
 * </ol>
 * A chunk that comes again while the disk still says that it is here, because it was evicted a moment ago, is written
 * over itself: its digest says that the bytes are the same ones.
 *
 * <p>Making a cache: data, crc and digests with their whole sizes, synced, then the directory; {@code ready} under
 * another name, synced, renamed, then the directory. A {@code ready} whose header is damaged, or beside which a file is
 * missing or has a wrong size, is deleted first, and all the others with it.
 *
 * <h2>Failures</h2>
 * <pre>
 *   a page does not have its checksum,        the chunk is not here any more, is counted, and is fetched again
 *   or cannot be read
 *   a write fails, the disk is full           nothing is written any more; what is here is read on
 *   a sync fails                              nothing is here any more, and ready is deleted: the kernel may have
 *                                             dropped what it could not write, and says so once only
 *   it cannot be opened                       nothing is here
 *   a chunk comes with another digest         WrongChunkException: the only failure that a reader may be told
 * </pre>
 * The first of each cache is logged, all are counted; the next open begins again.
 *
 * <p>Design note: a chunk is small, because what a boot reads lies scattered: for the 42 MiB that one of Debian 12
 * needs, chunks of 64 KiB would bring 1.27 times as much, of 16 KiB 1.06 times, of 4 KiB 1.00 times. The cost of many
 * small ones is kept down by handling those that lie side by side together: a client's read covers a cluster of four
 * with one call, and chunks that come together are written together.
 *
 * <p>Design note: the checksums are not needed after a power cut, by the rules above. They are there for what disks do
 * to bytes otherwise, and are checked with every read, as those of layers are.
 *
 * <p>Design note: eviction costs syncs, so it goes in rounds that make room for many chunks; and nobody who waits for
 * bytes waits for one: a chunk for which there is no room is not kept.
 *
 * <p>Design note: where the file system has holes is used only to find space that nobody counts any more, never to
 * tell what is here.
 */
package io.varve.daemon.cache;
