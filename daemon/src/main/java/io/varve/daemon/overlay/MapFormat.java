package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.Crc32c;
import org.agrona.MutableDirectBuffer;

/**
 * Bytes of a file that holds one checkpoint of the states of all pages:
 *
 * <pre>
 *       0  {@link Header}, magic VRVOSMAP, with the fields
 *            32  seq, u64                       68  regions that are not all ABSENT, u32
 *            40  owner epoch, u64               72  pages behind the index, u32
 *            48  pages of the disk, u64         76  digest of the index, u32
 *            56  half of the journal, u32       80  zero
 *            60  bytes prepared in each half, 2 x u32
 *    4096  index: pages of 4096 bytes, each with up to 255 entries of 16 bytes and at 4080
 *             0  seq, u64        8  entries in this page, u32        12  CRC32C of bytes 0 to 4091 of the page
 *          entry, in ascending order of region:
 *             0  region, u32     4  kind: 1 all ZERO, 2 bits, 3 runs, u32
 *             8  CRC32C of the bits or runs, u32      12  of kind 3: how many runs, 1 to 256, u32
 *          the space of the index is fixed by the size of the disk
 *     ...  pages of 4096 bytes, in the order in which the entries come to need them
 *             bits of one region: 512 words u64, the lowest page in the lowest bits
 *             runs of one region behind those of another, {@link RegionRuns}, u16 each; what does not fit into the
 *             rest of the last page of runs begins a new one
 * </pre>
 *
 * The digest is the CRC32C of 8 bytes, the digest before (first 0) and the checksum of the page, for one index page
 * after the other. So header, index and bits hang together by checksums.
 *
 * <p>Design note: a seq alone does not tie them, because two checkpoints with one seq can be written to one file: the
 * first is cut short by a crash, recovery does not see it and the next owner counts from the same record. The header
 * of the second with the index of the first, both whole, would bring back states that nobody committed.
 *
 * <p>Design note: runs beside bits, because most regions of a large disk are written in few places or as a whole. A
 * checkpoint of 1 TiB that was touched in each region writes 0.1 and not 64 MiB, and whoever opens the overlay reads as
 * much. A region never takes more than its bits, so that space can be reserved before it is known how it is stored.
 *
 * <p>Stateless.
 */
final class MapFormat {

    static final int SEQ_OFFSET = 32;
    static final int OWNER_EPOCH_OFFSET = 40;
    static final int PAGE_COUNT_OFFSET = 48;
    static final int HALF_OFFSET = 56;
    static final int PREPARED_0_OFFSET = 60;
    static final int PREPARED_1_OFFSET = 64;
    static final int ENTRY_COUNT_OFFSET = 68;
    static final int STORED_COUNT_OFFSET = 72;
    static final int INDEX_DIGEST_OFFSET = 76;
    static final int FIELDS_LENGTH = 80;

    static final int INDEX_POSITION = 4096;
    static final int INDEX_PAGE_LENGTH = 4096;
    static final int ENTRIES_PER_INDEX_PAGE = 255;
    static final int ENTRY_LENGTH = 16;
    static final int ENTRY_KIND_OFFSET = 4;
    static final int ENTRY_CRC_OFFSET = 8;
    static final int ENTRY_RUNS_OFFSET = 12;
    static final int TRAILER_SEQ_OFFSET = 4080;
    static final int TRAILER_COUNT_OFFSET = 4088;
    static final int TRAILER_CRC_OFFSET = 4092;
    static final int KIND_ALL_ZERO = 1;
    static final int KIND_BITS = 2;
    static final int KIND_RUNS = 3;

    static final int BITS_LENGTH = RegionCells.CELL_LENGTH;

    private MapFormat() {}

    static int indexPageCount(int entryCount) {
        return (entryCount + ENTRIES_PER_INDEX_PAGE - 1) / ENTRIES_PER_INDEX_PAGE;
    }

    /** @param scratch 8 bytes or more, off-heap */
    static int digest(int digestBefore, int pageCrc, MutableDirectBuffer scratch) {
        scratch.putInt(0, digestBefore, LITTLE_ENDIAN);
        scratch.putInt(Integer.BYTES, pageCrc, LITTLE_ENDIAN);
        return Crc32c.of(scratch, 0, Long.BYTES);
    }

    /** Where the pages behind the index begin, for a disk of so many regions. */
    static long storedPosition(int regionCount) {
        return INDEX_POSITION + (long) indexPageCount(regionCount) * INDEX_PAGE_LENGTH;
    }

    /** Bytes of a file with so many pages behind the index. */
    static long fileLength(int regionCount, int storedCount) {
        return storedPosition(regionCount) + (long) storedCount * BITS_LENGTH;
    }
}
