package io.varve.daemon.format.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.io.sim.SimHook;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One child, one parent, perhaps a grandparent, on a simulated disk: the merge is interrupted everywhere, and the disk
 * that the two files are is looked at all the time. The expected disk is what the readers say before anything happens.
 *
 * <p>Owned by one test.
 */
public final class MergeTrial {

    private static final Path DIRECTORY = Path.of("/disks");
    private static final Path CHILD = DIRECTORY.resolve("child");
    private static final Path PARENT = DIRECTORY.resolve("parent");
    private static final Path GRANDPARENT = DIRECTORY.resolve("grandparent");
    private static final UUID MERGE_ID = new UUID(1, 2);
    private static final int PART_LENGTH = 64 << 10;
    private static final int PARTS_OF_MIB = 16;
    private static final List<Integer> LOOKED_AT = List.of(0, 7, 8, 15);
    private static final int READER_STEP = 12;
    /** Readers that are opened early, and first used later. */
    private static final int UNREAD_COUNT = 6;
    private static final int UNREAD_STEP = 5;
    private static final UnsafeBuffer BUFFER = Buffers.alignedDirect(PART_LENGTH);

    private final SimFileSpace start = new SimFileSpace();
    private final ImageFormat format;
    private final long flushLength;
    private final byte[] expected;
    private final SimFileSpace merged;
    private final long callCount;

    /** Writes a file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(BlockFile file) throws IOException;

        static Content of(byte[] bytes) {
            return file -> {
                UnsafeBuffer buffer = Buffers.alignedDirect(bytes.length);
                buffer.putBytes(0, bytes);
                file.write(0, buffer, 0, bytes.length);
            };
        }
    }

    /**
     * Merges once, undisturbed.
     *
     * @param grandparentOrNull null if the parent has none
     */
    public MergeTrial(ImageFormat format, long flushLength, Content child, Content parent, Content grandparentOrNull)
            throws IOException {
        this.format = format;
        this.flushLength = flushLength;
        start.createDirectories(DIRECTORY);
        write(CHILD, child);
        write(PARENT, parent);
        if (grandparentOrNull != null) {
            write(GRANDPARENT, grandparentOrNull);
        }
        start.syncDirectory(DIRECTORY.getParent());
        start.syncDirectory(DIRECTORY);
        expected = disk(start, true);
        merged = start.fork();
        merge(merged);
        callCount = merged.callCount();
        requireMerged(merged);
    }

    private void write(Path path, Content content) throws IOException {
        try (BlockFile file = start.open(path, OpenMode.CREATE_NEW)) {
            content.writeTo(file);
            file.sync();
        }
    }

    /** The parent's file, merged. */
    public byte[] parentAfter() throws IOException {
        return content(merged, PARENT);
    }

    private void merge(SimFileSpace space) throws IOException {
        FileMerge merge = new FileMerge(space, CHILD, PARENT, flushLength);
        merge.note(() -> MERGE_ID);
        merge.copy(() -> MERGE_ID, (moved, total) -> assertThat(moved).isBetween(0L, total));
    }

    private ForeignImage open(SimFileSpace space, Path path) throws IOException {
        return ImageReader.ofAll(space.open(path, OpenMode.READ), format);
    }

    /** The merged disk, as whoever opens the parent's file finds it, or before anything is noted the child's. */
    private ImageChain view(SimFileSpace space, boolean isPlain) throws IOException {
        List<ForeignImage> images = new ArrayList<>();
        Optional<MergeRecord> merge = new MergeRecords(space).find(PARENT);
        if (isPlain || merge.isEmpty()) {
            images.add(open(space, CHILD));
            images.add(open(space, PARENT));
        } else if (merge.get().isUnderWay()) {
            images.addAll(new MergedView(space, ImageReader::ofAll).open(merge.get(), PARENT, CHILD));
        } else {
            images.add(open(space, PARENT));
        }
        if (space.exists(GRANDPARENT)) {
            images.add(open(space, GRANDPARENT));
        }
        return new ImageChain(images);
    }

    private byte[] disk(SimFileSpace space, boolean isPlain) throws IOException {
        try (ImageChain chain = view(space, isPlain)) {
            return read(chain);
        }
    }

    /** Of disks of some MiB, the start, the middle and the end of each MiB; the rest is as if it were zero. */
    private static byte[] read(ImageChain chain) throws IOException {
        byte[] bytes = new byte[(int) chain.size()];
        for (int at = 0; at < bytes.length; at += PART_LENGTH) {
            int length = Math.min(PART_LENGTH, bytes.length - at);
            if (LOOKED_AT.contains(at / PART_LENGTH % PARTS_OF_MIB)) {
                chain.read(at, BUFFER, 0, length);
                BUFFER.getBytes(0, bytes, at, length);
            }
        }
        return bytes;
    }

    private static byte[] content(SimFileSpace space, Path path) throws IOException {
        try (BlockFile file = space.open(path, OpenMode.READ)) {
            byte[] bytes = new byte[(int) file.size()];
            UnsafeBuffer buffer = Buffers.alignedDirect(bytes.length);
            file.read(0, buffer, 0, bytes.length);
            buffer.getBytes(0, bytes);
            return bytes;
        }
    }

    private void requireView(SimFileSpace space, String when) throws IOException {
        requireSame(disk(space, false), expected, when);
    }

    private static void requireSame(byte[] found, byte[] wanted, String when) {
        int at = Arrays.mismatch(found, wanted);
        if (at >= 0) {
            throw new AssertionError(when + ": byte " + at + " of " + found.length + " and " + wanted.length);
        }
    }

    private void requireMerged(SimFileSpace space) throws IOException {
        requireView(space, "merged");
        MergeRecord merge = new MergeRecords(space).find(PARENT).orElseThrow();
        assertThat(merge.state()).isEqualTo(MergeRecord.State.DONE);
        try (ForeignImage parent = open(space, PARENT)) {
            assertThat(parent.id()).contains(merge.parent().idAfter().toString());
        }
        assertThat(space.mismatch(CHILD, start)).isEqualTo(-1);
        assertThat(space.openCount()).isZero();
        assertThat(space.lockedCount()).isZero();
    }

    private void requireCompletes(SimFileSpace space, String when) throws IOException {
        merge(space);
        assertThat(space.mismatch(PARENT, merged)).as(when + ", repeated").isEqualTo(-1);
        // What is done is durable.
        SimFileSpace later = space.crash(Chooser.LOSE_ALL);
        assertThat(later.mismatch(PARENT, merged)).as(when + ", repeated, power cut").isEqualTo(-1);
        requireMerged(later);
    }

    private boolean killedAt(SimFileSpace space, long call) throws IOException {
        space.hook(c -> {
            if (c.index() == call) {
                throw new SimCrash("at " + c);
            }
        });
        try {
            merge(space);
            return false;
        } catch (SimCrash e) {
            return true;
        }
    }

    private static Chooser torn(long seed) {
        return Chooser.random(new Random(seed));
    }

    /** The power goes at every call, and what was not synced is lost, kept, or torn at sectors; then again. */
    public void checkKilledEverywhere(long seed) throws IOException {
        Random random = new Random(seed);
        for (long call = 0; call < callCount; call++) {
            SimFileSpace space = start.fork();
            killedAt(space, call);
            List<Chooser> choosers =
                    List.of(call % 2 == 0 ? Chooser.LOSE_ALL : Chooser.KEEP_ALL, torn(random.nextLong()));
            for (int i = 0; i < choosers.size(); i++) {
                String when = "seed " + seed + ", killed at call " + call + ", variant " + i;
                SimFileSpace crashed = space.crash(choosers.get(i));
                requireView(crashed, when);
                SimFileSpace again = crashed.fork();
                if (call / 2 % choosers.size() == i && killedAt(again, random.nextInt((int) callCount))) {
                    again = again.crash(torn(random.nextLong()));
                    requireView(again, when + ", and in the second run");
                    requireCompletes(again, when + ", and in the second run");
                }
                requireCompletes(crashed, when);
            }
        }
    }

    /** A call fails, each in turn; what is left can be read, and a repeated run completes it. */
    public void checkFailuresEverywhere() throws IOException {
        for (long call = 0; call < callCount; call++) {
            long failing = call;
            for (IOException failure : List.of(new IOException("EIO"), new NoSpaceException("ENOSPC", null))) {
                SimFileSpace space = start.fork();
                space.hook(c -> {
                    if (c.index() == failing) {
                        throw failure;
                    }
                });
                String when = failure.getMessage() + " at call " + failing;
                try {
                    merge(space);
                } catch (IOException e) {
                    assertThat(e).as(when).isSameAs(failure);
                }
                assertThat(space.openCount()).as(when).isZero();
                assertThat(space.lockedCount()).as(when).isZero();
                space.hook(SimHook.NONE);
                requireView(space, when);
                requireCompletes(space, when);
            }
        }
    }

    /** Looks at the disk after every call: opened then, opened earlier, and opened earlier but not yet looked at. */
    public void checkViewAllTheTime() throws IOException {
        SimFileSpace space = start.fork();
        new FileMerge(space, CHILD, PARENT, flushLength).note(() -> MERGE_ID);
        List<ImageChain> readers = new ArrayList<>();
        ImageChain cold = view(space, false);
        Deque<ImageChain> unread = new ArrayDeque<>();
        for (int i = 0; i < UNREAD_COUNT; i++) {
            unread.add(view(space, false));
        }
        readers.add(view(space, false));
        space.hook(call -> {
            if (call.index() % READER_STEP == 0) {
                readers.add(view(space, false));
            }
            requireView(space, "before " + call);
            if (call.index() % UNREAD_STEP == 0 && !unread.isEmpty()) {
                readers.add(unread.remove());
            }
            for (int i = 0; i < readers.size(); i++) {
                requireSame(read(readers.get(i)), expected, "before " + call + ", reader " + i);
            }
            requireSame(readPart(cold, call.index()), readPart(expected, call.index()), "before " + call + ", cold");
        });
        merge(space);
        space.hook(SimHook.NONE);
        requireSame(read(cold), expected, "at the end, cold");
        cold.close();
        readers.addAll(unread);
        for (ImageChain reader : readers) {
            requireSame(read(reader), expected, "at the end");
            reader.close();
        }
    }

    /** A part that is another one each time, so that this reader learns the tables bit by bit. */
    private static byte[] readPart(ImageChain chain, long number) throws IOException {
        int length = (int) Math.min(chain.size(), 4096);
        UnsafeBuffer buffer = Buffers.alignedDirect(length);
        byte[] bytes = new byte[length];
        chain.read(partStart(chain.size(), length, number), buffer, 0, length);
        buffer.getBytes(0, bytes);
        return bytes;
    }

    private static byte[] readPart(byte[] disk, long number) {
        int length = Math.min(disk.length, 4096);
        int from = (int) partStart(disk.length, length, number);
        return Arrays.copyOfRange(disk, from, from + length);
    }

    private static long partStart(long size, int length, long number) {
        long part = LOOKED_AT.get((int) (number % LOOKED_AT.size())) + number % ((size >>> 20) + 1) * PARTS_OF_MIB;
        return Math.min(size - length, part * PART_LENGTH + number * 7919 % 120 * 512);
    }
}
