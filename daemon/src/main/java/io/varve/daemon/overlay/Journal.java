package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NoSpaceException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The journal file as it is appended to: a header page and two halves, of which one is live. A checkpoint kills the
 * live half and makes the other one live.
 *
 * <p>Design note: space is written with zeros one step ahead of its use, and the file is made after the first commit,
 * not at creation, because the sync of an append into written blocks is the cheapest there is, while hundreds of
 * clients that switch on together and mostly read must not each write 32 MiB first. What is not yet written with
 * zeros does not count as {@link #room}: so a full disk is met while preparing, where it costs nothing but
 * checkpoints, and never while appending.
 *
 * <p>Owned by the epoch that is being committed: a worker during one, the agent between two.
 */
final class Journal implements AutoCloseable {

    static final int HEADER_LENGTH = 4096;
    private static final int ZEROS_LENGTH = 64 << 10;
    private static final UnsafeBuffer ZEROS = Buffers.alignedDirect(ZEROS_LENGTH);

    private final FileSpace files;
    private final Path path;
    private final Geometry geometry;
    private final UUID id;
    private final long ownerEpoch;
    private final int[] prepared = new int[2];
    /** Null until there was something to prepare for. */
    private BlockFile file;
    private int half;
    private int appended;
    private long lastSeq;
    private int lastCrc;
    private boolean ranOutOfSpace;

    /** @param file the journal with an intact header, or null if there is none; becomes this object's own */
    Journal(FileSpace files, Path path, BlockFile file, Geometry geometry, UUID id, long ownerEpoch) {
        this.files = files;
        this.path = path;
        this.file = file;
        this.geometry = geometry;
        this.id = id;
        this.ownerEpoch = ownerEpoch;
    }

    static long halfPosition(int half, int halfLength) {
        return HEADER_LENGTH + (long) half * halfLength;
    }

    /** Begins a half anew, right after the slot, which is durable. */
    void startAfter(MapSlot slot) {
        half = slot.half();
        appended = 0;
        lastSeq = slot.seq();
        lastCrc = slot.crc();
        ranOutOfSpace = false;
    }

    /**
     * Takes over from an older owner. If there are records, a checkpoint comes before the first append.
     *
     * @param slot the newest whole one
     * @param seq  of the last record after it, or its own
     */
    void resume(MapSlot slot, long seq) {
        startAfter(slot);
        lastSeq = seq;
        prepared[0] = file == null ? 0 : slot.prepared0();
        prepared[1] = file == null ? 0 : slot.prepared1();
    }

    int prepared(int whichHalf) {
        return prepared[whichHalf];
    }

    /** Seq of the last record, or of the slot that the live half began with. */
    long lastSeq() {
        return lastSeq;
    }

    int half() {
        return half;
    }

    boolean hasRecords() {
        return appended > 0;
    }

    /** Bytes that {@link #append} can take before a checkpoint is due. */
    int room() {
        return prepared[half] - appended;
    }

    /** Whether {@link #prepare} would make more room that may be needed soon. */
    boolean wantsRoom() {
        return !ranOutOfSpace && room() < geometry.maxRecordLength() && prepared[half] < geometry.halfLength();
    }

    /** Makes one more step of the live half ready; on a full disk, leaves things as they are. */
    void prepare() throws IOException {
        try {
            if (file == null) {
                create();
            }
            int length = Math.min(geometry.stepLength(), geometry.halfLength() - prepared[half]);
            long position = halfPosition(half, geometry.halfLength()) + prepared[half];
            for (int done = 0; done < length; done += ZEROS_LENGTH) {
                file.write(position + done, ZEROS, 0, Math.min(ZEROS_LENGTH, length - done));
            }
            file.sync();
            prepared[half] += length;
        } catch (NoSpaceException e) {
            ranOutOfSpace = true;
        }
    }

    /** The name is durable before the first record, so that a missing file means that there is no record. */
    private void create() throws IOException {
        BlockFile created = files.exists(path)
                ? files.open(path, FileSpace.OpenMode.READ_WRITE)
                : files.open(path, FileSpace.OpenMode.CREATE_NEW);
        try {
            UnsafeBuffer header = Buffers.alignedDirect(HEADER_LENGTH);
            new Header(header, 0).begin(Header.JOURNAL_MAGIC, id).seal();
            created.write(0, header, 0, HEADER_LENGTH);
            created.sync();
            files.syncDirectory(path.getParent());
        } catch (IOException e) {
            created.close();
            throw e;
        }
        file = created;
    }

    /**
     * Appends a record that has its entries and payload, and makes it durable.
     *
     * @param record at most {@link #room} bytes long
     */
    void append(JournalRecord record) throws IOException {
        int length = (int) record.length();
        int crc = record.seal(lastSeq + 1, ownerEpoch, id, lastCrc);
        file.write(halfPosition(half, geometry.halfLength()) + appended, record.buffer(), 0, length);
        file.sync();
        appended += length;
        lastSeq++;
        lastCrc = crc;
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
