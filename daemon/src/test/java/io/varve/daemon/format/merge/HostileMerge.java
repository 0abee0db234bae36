package io.varve.daemon.format.merge;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.format.merge.MergeTrial.Content;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.TruncatedFileException;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A merge of files that anybody may have made. What has to hold: the merged disk is the one that child and parent were
 * before; or one typed line is said, and the parent is as it was, without a record unless the merge was noted.
 *
 * <p>Owned by one test.
 */
public final class HostileMerge {

    private static final Path DIRECTORY = Path.of("/disks");
    private static final Path CHILD = DIRECTORY.resolve("child");
    private static final Path PARENT = DIRECTORY.resolve("parent");
    private static final Path GRANDPARENT = DIRECTORY.resolve("grandparent");
    private static final UUID MERGE_ID = new UUID(1, 2);
    private static final long FLUSH_LENGTH = 6000;
    private static final int CHECKSUM_AT = 12;
    /** Of a disk that may be of any size, what is compared: some of the start of each MiB, and the end. */
    private static final int PART_LENGTH = 32 << 10;
    private static final int PART_COUNT = 12;
    private static final long PART_STEP = 1 << 20;

    private final SimFileSpace space = new SimFileSpace();
    private final ImageFormat format;
    private final UnsafeBuffer buffer = Buffers.alignedDirect(PART_LENGTH);

    /** Changes the bytes of a record. */
    @FunctionalInterface
    public interface RecordChange {

        /** @return whether anything was changed */
        boolean apply(byte[] bytes);
    }

    /** @param grandparentOrNull null if the parent has none */
    public HostileMerge(ImageFormat format, Content child, Content parent, Content grandparentOrNull)
            throws IOException {
        this.format = format;
        space.createDirectories(DIRECTORY);
        write(CHILD, child);
        write(PARENT, parent);
        if (grandparentOrNull != null) {
            write(GRANDPARENT, grandparentOrNull);
        }
    }

    private void write(Path path, Content content) throws IOException {
        try (BlockFile file = space.open(path, OpenMode.CREATE_NEW)) {
            content.writeTo(file);
            file.sync();
        }
    }

    /**
     * @param change of the record of the merge, between noting and copying; its checksum is put right
     * @return whether the files were merged
     */
    public boolean check(RecordChange change) throws IOException {
        SimFileSpace before = space.fork();
        byte[] expected = diskOrNull(CHILD, PARENT, GRANDPARENT);
        FileMerge merge = new FileMerge(space, CHILD, PARENT, FLUSH_LENGTH);
        try {
            merge.note(() -> MERGE_ID);
        } catch (IOException e) {
            requireOneTypedLine(e);
            require(space.mismatch(PARENT, before) < 0, "refused, but the parent has changed");
            require(space.list(DIRECTORY).equals(before.list(DIRECTORY)), "refused, but noted");
            return false;
        }
        boolean isHostile = changeRecord(change);
        try {
            merge.copy(() -> MERGE_ID, (moved, total) -> { });
        } catch (IOException e) {
            requireOneTypedLine(e);
            require(isHostile || space.mismatch(PARENT, before) < 0,
                    "refused, but the parent has changed: " + e.getMessage());
            return false;
        } finally {
            require(space.openCount() == 0 && space.lockedCount() == 0, "a file is open or locked");
            require(space.mismatch(CHILD, before) < 0, "the child has changed");
        }
        if (!isHostile) {
            require(expected != null, "merged what could not be read");
            byte[] found = diskOrNull(PARENT, GRANDPARENT);
            require(found != null, "what was merged cannot be read");
            require(Arrays.equals(found, expected), "byte " + Arrays.mismatch(found, expected) + " of what was looked "
                    + "at is another one");
        }
        return true;
    }

    private boolean changeRecord(RecordChange change) throws IOException {
        Path path = MergeRecords.of(PARENT);
        try (BlockFile file = space.open(path, OpenMode.READ_WRITE)) {
            int length = (int) file.size();
            UnsafeBuffer record = Buffers.alignedDirect(length);
            file.read(0, record, 0, length);
            byte[] bytes = new byte[length];
            record.getBytes(0, bytes);
            if (!change.apply(bytes)) {
                return false;
            }
            record.putBytes(0, bytes);
            record.putInt(CHECKSUM_AT, 0);
            record.putInt(CHECKSUM_AT, Crc32c.of(record, 0, length), ByteOrder.LITTLE_ENDIAN);
            file.write(0, record, 0, length);
            file.sync();
            return true;
        }
    }

    /** What is looked at of a disk, a file and its parents; null if it cannot be read. */
    private byte[] diskOrNull(Path... files) throws IOException {
        List<ForeignImage> images = new ArrayList<>();
        try {
            for (Path path : files) {
                if (space.exists(path)) {
                    BlockFile file = space.open(path, OpenMode.READ);
                    try {
                        images.add(ImageReader.ofAll(file, format));
                    } catch (IOException e) {
                        file.close();
                        throw e;
                    }
                }
            }
            return read(new ImageChain(images));
        } catch (IOException e) {
            requireOneTypedLine(e);
            return null;
        } finally {
            for (ForeignImage image : images) {
                image.close();
            }
        }
    }

    private byte[] read(ImageChain chain) throws IOException {
        byte[] bytes = new byte[(PART_COUNT + 1) * PART_LENGTH];
        for (int part = 0; part <= PART_COUNT; part++) {
            long from = part < PART_COUNT ? part * PART_STEP : Math.max(0, chain.size() - PART_LENGTH);
            int length = (int) Math.min(PART_LENGTH, chain.size() - from);
            if (length > 0) {
                chain.read(from, buffer, 0, length);
                buffer.getBytes(0, bytes, part * PART_LENGTH, length);
            }
        }
        return bytes;
    }

    private static void requireOneTypedLine(IOException e) {
        boolean isTyped = e instanceof CorruptDataException || e instanceof UnsupportedImageException
                || e instanceof MergeException || e instanceof TruncatedFileException
                || e instanceof FormatVersionException;
        if (!isTyped || e.getMessage().lines().count() != 1 || !e.getMessage().contains(DIRECTORY.toString())) {
            throw new AssertionError("not one typed line that names a file: " + e, e);
        }
    }

    private static void require(boolean right, String what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }
}
