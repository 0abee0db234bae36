/**
 * The learned boot: recorder, sequence, replayer.
 *
 * <pre>
 *   first boot:   Disk --onRead--> Recorder --(boot over, client gone)--> SequenceBuilder --> SequenceSlot
 *   next boots:   SequenceSlot --> Replayer --limit--> ReadAhead --(background)--> PageLoader --> page cache
 *                 Disk --onRead-----^  counts used, late, missed; moves the limit
 * </pre>
 *
 * <p>Sequence file, little-endian, version 1; at most 131072 entries of together at most 131072 pages:
 *
 * <pre>
 *   0          8         12            16                  24               28        32
 *   +----------+---------+-------------+-------------------+----------------+---------+----------------------+
 *   | VARVESEQ | version | entry count | disk page count   | subject length | zero    | subject, ASCII       |
 *   +----------+---------+-------------+-------------------+----------------+---------+----------------------+
 *   then per entry, in the order of first touch:
 *   | page index u64 | page count u32, 1 to 256 | microseconds since the first read u32, ascending |
 *   then: CRC32C u32 of everything before
 * </pre>
 *
 * The subject names what the boot was learned from (a layer or an image); a file with another subject is of no use to
 * the reader and says so.
 *
 * <p>Design note: the file is built with Chronicle Bytes, whose classes take about 0.4 s to load here, because that
 * happens on a worker after a boot, once per image; it is read with plain buffers, because that happens before one.
 *
 * <p>Design note: everything here is a hint. A sequence that is lost, damaged or wrong costs the warm-up and never a
 * read: pages are loaded through the same checked sources that demand uses, and the client's reads do not know.
 */
package io.varve.daemon.boot;
