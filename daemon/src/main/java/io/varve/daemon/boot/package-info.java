/**
 * The learned boot: recorder, profile, replayer.
 *
 * <pre>
 *   each boot:    Disk --onRead--> Recorder --(boot over, client gone)--> Sequence of touches
 *                                  --(worker)--> Lessons --> Profile.learn, Merger --> SequenceSlot
 *   next boots:   SequenceSlot --> Profile --> Replayer --window--> ReadAhead --(background)--> PageLoader
 *                                  Disk --onRead--^  counts used, late, missed; moves the window; chooses the variant
 *                                  one per client            one per variant and Wave
 * </pre>
 *
 * <h2>What is learned</h2>
 * Of all clients of an image that boot at a time, one is recorded, whether its boot is read ahead or not, and what it
 * read is merged into the profile of the image when its boot is over ({@link io.varve.daemon.boot.BootClock}); a burst
 * of reads, as of a copy or a benchmark, ends a boot and is not learned. A profile has up to three <em>variants</em>:
 * an image may boot in several ways, as a rescue system, or with other hardware. A boot belongs to the variant that has
 * a boot which touched much the same pieces of 64 KiB among its first 256 (a Jaccard index of at least 0.6); if there
 * is none, it begins a variant, in place of the one that was not seen for longest. {@link Merger} says how the boots of
 * one variant become one order of reading.
 *
 * <p>A boot of which 95 % was known, and that read 90 % of what was known, is only counted ({@link Lessons} says when
 * that is written). If over the last five boots of a variant less than 80 % was known, or less than 50 % of what was
 * known was read, what it knows is dropped, and learned anew from that boot on.
 *
 * <p>A replay begins with the variant that most boots were of, and goes over to another one if more of the first 32
 * reads of the boot are of its beginning.
 *
 * <p>Design note: numbers and rules follow what was published about such prefetching (VMTorrent, REAP, FaaSnap, DADI):
 * boots of one image differ little, so that a few are enough, and old ones must fade rather than be kept or dropped.
 *
 * <h2>Waves</h2>
 * Clients of an image that boot at about the same time are a wave. The first one waits for nobody; who comes while
 * the wave lives, which is until ten seconds after its last member has booted, is of it. Each member has a position,
 * a window, counters and a judgement of its own; what the windows ask for is loaded once, in the order of the sequence.
 * A member that jumps or leaves takes nothing from the others. A source that fails ends the reading ahead of the wave
 * and no read of a client; who comes then begins another wave.
 *
 * <p>What was read once from a local blob is in the page cache, and what came from another machine in the cache of its
 * disk: that is the copy that members share. Where nothing stays near ({@code BlockSource.staysNear}: compressed
 * clusters of files that are served in place, machines of which nothing or little is kept here), the wave keeps the
 * pages in memory ({@link io.varve.daemon.boot.WaveMemory}): at most 512 MiB, and all waves together at most 1 GiB or a
 * quarter of the machine's memory; what does not fit is not kept. An agent asks it before the source; where a read has
 * to wait, a worker asks it again, and puts in what it had to read, so that clients who ask for one page at one time
 * have it fetched, or expanded, once. It is given back when the wave is over and the last reader has left.
 *
 * <p>Design note: its pages are known by source and place in the source, because after a snapshot or a merge two
 * clients may see different content at one place of the disk. They are read in whole pieces of 64 KiB, because that is
 * what a fetch or an expansion costs.
 *
 * <p>Design note: a boot that only confirms what was known changes the profile but not what is read ahead, so it does
 * not part those who come after it from the wave; other sequences do.
 *
 * <h2>Pack</h2>
 * The pages that boots of an image read, and that lie in sealed layers, are kept a second time, one after the other in
 * the order of the sequences, in a file beside what was learned. It is written when nobody waits, 1 MiB at a time, when
 * something was learned or a wave is over, if there is none that holds at least 90 % of what is to be read ahead.
 * A wave reads from it, in reads of up to 1 MiB into its memory, while the machine is cold; of each step one page is
 * asked for in its blob first, and if it is in the page cache the pack is left alone. What was read from a pack does
 * not stay in the page cache.
 *
 * <pre>
 *   0          8         12            16                24           28               32
 *   +----------+---------+-------------+-----------------+------------+----------------+----------------+
 *   | VARVEPAK | version | range count | disk page count | page count | subject length | subject, ASCII |
 *   +----------+---------+-------------+-----------------+------------+----------------+----------------+
 *   per range, in the order of the pack: | page index u64 | page count u32 | zero u32 |
 *   per page, in the same order:         | CRC32C u32 |
 *   then: CRC32C u32 of everything before; zeros to a multiple of 4096; the pages
 *   little-endian; version 1; 1 to 131072 pages; at most as many ranges
 * </pre>
 *
 * <p>Design note: a page of a pack is used if it is what the pack says and also what the blob's own CRC32C says of the
 * page that the client's chain has there, which is all that vouches for a read of the blob itself. So a pack that is
 * stale can only be of no use. Pages of files that are served in place have no such checksum and are not packed; those
 * of other machines are in a cache file that is theirs alone.
 *
 * <p>Design note: the memory of the wave is asked before the source, because a read that does not wait makes a kernel
 * fetch what it did not find, page by page, while the pack is being read.
 *
 * <h2>From image to image</h2>
 * An image of which nothing is known inherits the profile of the image that shares most layers with it, base first
 * ({@code io.varve.daemon.store.BootProfiles}): of each boot those pages, in their order, that both have from the same
 * page of the same blob, and what lies within 64 KiB of such a page in one entry, because a file that was written anew
 * tends to lie where it was. So a profile follows commits, snapshots, new versions, tags; when layers give way to
 * others of the same content, it stays anyway. A flattened copy has no page of the same blob, but is known to have the
 * same content: it inherits everything. Image files that are served in place have no blobs: nothing is inherited from
 * them.
 *
 * <p>Design note: pages are keyed by their place on the disk and not by blob, because that is what is replayed, and
 * carried over when an image comes, because layers come and go under an image without any change of its pages.
 *
 * <h2>File</h2>
 * Little-endian, version 2; at most 16 MiB:
 *
 * <pre>
 *   0          8         12              16                  24               28        32
 *   +----------+---------+---------------+-------------------+----------------+---------+----------------------+
 *   | VARVESEQ | version | variant count | disk page count   | subject length | zero    | subject, ASCII       |
 *   +----------+---------+---------------+-------------------+----------------+---------+----------------------+
 *   then 1 to 3 variants, the one that was seen last first:
 *   | boot count u32, 1 to 8 | merged u32, at least as many | confirmed u32 | quality count u32, 0 to 5 |
 *     per quality, newest first:    | coverage u16, per mille | precision u16, per mille |
 *     per boot, newest first:       touches
 *     what was made of the boots:   touches
 *   then: CRC32C u32 of everything before
 *
 *   touches: entry count u32, then per entry, in the order of first touch, three numbers:
 *     distance of its first page from the end of the entry before (of the first entry: from page 0), where 0, -1,
 *     1, -2, 2 ... are 0, 1, 2, 3, 4 ...; page count, 1 to 256; microseconds since the entry before, or since the
 *     first read
 *   number:  seven bits a byte, lowest first; the highest bit says that another byte follows; as short as possible
 *   limits:  131072 pages in the entries of one boot, disjoint; 524288 entries in all boots
 * </pre>
 *
 * The subject names what the boots were of (a layer or an image); a file with another subject is of no use to the
 * reader and says so. A file that was exported has the subject {@code export}.
 *
 * <p>Version 1 is read as a profile of one boot, and not written any more. Its header has the entry count in place of
 * the variant count; behind the subject it has at most 131072 entries:
 *
 * <pre>
 *   | page index u64 | page count u32, 1 to 256 | microseconds since the first read u32, ascending |
 * </pre>
 *
 * <p>Design note: what was made of the boots is kept beside them, because merging takes tens of milliseconds, and a
 * client that attaches waits for the read and not for the write.
 *
 * <p>Design note: the file is built with Chronicle Bytes, whose classes take about 0.4 s to load here, because that
 * happens on a worker after a boot; it is read with plain buffers, because that happens before one.
 *
 * <h2>What is written down for people</h2>
 * Every boot of every client, learned from or not, is written down read by read while it goes on ({@link BootLog}), and
 * kept when it is over ({@link BootLogs}), for {@code varve boot explain}. One file per boot; little-endian, version 1;
 * at most 2 MiB:
 *
 * <pre>
 *   0          8         12     16                                                      end - 4
 *   +----------+---------+------+-------------------------------------------------------+--------+
 *   | VARVEBLG | version | zero | numbers, as above                                     | CRC32C |
 *   +----------+---------+------+-------------------------------------------------------+--------+
 *
 *   numbers: milliseconds since the epoch at the first read; disk page count, at most 2^34; 1 if a sequence was
 *            replayed, else 0; pages prefetched, used, late, missed; reads that there was no room for;
 *            length of the client's name, 0 to 256, and its ASCII; layer count, 0 to 4096, and 32 bytes for each id,
 *            base first; read count, 0 to 32768, and the reads
 *   read:    microseconds since the one before, all together at most 2^27 - 1; distance of its first page from the end
 *            of the one before; page count, 1 to 16383; microseconds of waiting, at most 2^27 - 1; 0, or 1 + index of
 *            the layer; place ({@code io.varve.daemon.io.Place}) in the lowest three bits, prediction ({@link
 *            Prediction}) above
 * </pre>
 *
 * <p>Design note: everything here is a hint. A profile that is lost, damaged or wrong costs the warm-up and never a
 * read: pages are loaded through the same checked sources that demand uses, and the client's reads do not know.
 */
package io.varve.daemon.boot;
