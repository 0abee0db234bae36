package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.vhd.VhdImage;
import io.varve.daemon.format.vhd.VhdParent;
import io.varve.daemon.format.vhd.VhdWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * VHDs of qemu-img read here, and those written here read by qemu-img; differencing ones by libvhdi, because QEMU does
 * not look at the parent.
 */
class VhdIT {

    private static final int BLOCK = 2 << 20;
    private static final int STEP = 1 << 20;
    private static final long TIME = 1_700_000_000;
    private static final UUID PARENT_ID = UUID.fromString("5c0f8a51-6f0e-4a4b-8f57-0a1b2c3d4e5f");
    /** Sizes of disks that no block divides, and one that it does. */
    private static final long[] SIZES = {512, BLOCK - 512, 3L * BLOCK, 4L * BLOCK + 5 * 512};

    /** Of differencing disks. */
    private static final long SIZE = 3L * BLOCK + 512;

    @TempDir
    Path directory;

    private final NativeFileSpace space = new NativeFileSpace();

    /** Offsets and lengths of data; all else is a hole. */
    private enum Pattern {
        EMPTY, FULL, BOUNDARIES, LAST_BLOCK;

        List<long[]> runs(long size) {
            List<long[]> runs = new ArrayList<>();
            switch (this) {
                case FULL -> runs.add(new long[] {0, size});
                case BOUNDARIES -> {
                    for (long boundary = 0; boundary <= size; boundary += BLOCK) {
                        add(runs, boundary - 512, size);
                        add(runs, boundary, size);
                    }
                }
                case LAST_BLOCK -> add(runs, size - 512, size);
                default -> { }
            }
            return runs;
        }

        private static void add(List<long[]> runs, long offset, long size) {
            if (offset >= 0 && offset < size) {
                runs.add(new long[] {offset, 512});
            }
        }
    }

    private Path raw(String name, Pattern pattern, long size, long seed) throws IOException {
        Path raw = directory.resolve(name);
        Random random = new Random(seed);
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(size);
            for (long[] run : pattern.runs(size)) {
                byte[] bytes = new byte[(int) run[1]];
                random.nextBytes(bytes);
                file.seek(run[0]);
                file.write(bytes);
            }
        }
        return raw;
    }

    @Test
    void shouldReadWhatQemuWrites() throws IOException {
        for (Pattern pattern : Pattern.values()) {
            for (long size : SIZES) {
                Path raw = raw("in.raw", pattern, size, size);
                for (String options : List.of("subformat=fixed", "subformat=dynamic",
                        "subformat=fixed,force_size=on", "subformat=dynamic,force_size=on")) {
                    Path vhd = directory.resolve("in.vhd");
                    Tool.run("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", options, raw, vhd);
                    compare(raw, vhd, options.contains("force_size"), pattern + " " + size + " " + options);
                }
                Files.delete(raw);
            }
        }
    }

    /** Without force_size the disk is as large as its geometry, and ends in zeros. */
    private void compare(Path raw, Path vhd, boolean sameSize, String what) throws IOException {
        try (VhdImage image = new VhdImage(space.open(vhd, OpenMode.READ));
                BlockFile source = space.open(raw, OpenMode.READ)) {
            if (sameSize) {
                assertThat(image.size()).as(what).isEqualTo(source.size());
            } else {
                assertThat(image.size()).as(what).isGreaterThanOrEqualTo(source.size());
            }
            UnsafeBuffer expected = new UnsafeBuffer(ByteBuffer.allocateDirect(STEP));
            UnsafeBuffer actual = new UnsafeBuffer(ByteBuffer.allocateDirect(STEP));
            for (long offset = 0; offset < image.size(); offset += STEP) {
                int length = (int) Math.min(STEP, image.size() - offset);
                int inSource = (int) Math.max(0, Math.min(length, source.size() - offset));
                expected.setMemory(0, STEP, (byte) 0);
                if (inSource > 0) {
                    source.read(offset, expected, 0, inSource);
                }
                actual.setMemory(0, STEP, (byte) 0);
                read(image, offset, actual, length);
                assertThat(actual.compareTo(expected)).as(what + ", from byte " + offset).isZero();
            }
        }
    }

    private static void read(VhdImage image, long offset, UnsafeBuffer buffer, int length) throws IOException {
        Piece piece = new Piece();
        for (int done = 0; done < length; done += (int) piece.length()) {
            image.locate(offset + done, length - done, piece, true);
            if (piece.kind() == Piece.DATA) {
                image.file().read(piece.position(), buffer, done, (int) piece.length());
            }
        }
    }

    @Test
    void shouldWriteWhatQemuReads() throws IOException {
        for (Pattern pattern : Pattern.values()) {
            for (long size : SIZES) {
                Path raw = raw("out.raw", pattern, size, size + 1);
                for (String kind : List.of("fixed", "dynamic")) {
                    Path vhd = directory.resolve("out.vhd");
                    write(vhd, raw, pattern.runs(size), size, kind.equals("fixed"));
                    Tool.run("qemu-img", "compare", "-f", "raw", "-F", "vpc", raw, vhd);
                    String info = Tool.run("qemu-img", "info", "-f", "vpc", "--output=json", vhd).out();
                    assertThat(info).as(kind).contains("\"virtual-size\": " + size);
                    compare(raw, vhd, true, pattern + " " + size + " " + kind);
                    Files.delete(vhd);
                }
                Files.delete(raw);
            }
        }
    }

    private void write(Path vhd, Path raw, List<long[]> runs, long size, boolean fixed) throws IOException {
        try (BlockFile file = space.open(vhd, OpenMode.CREATE_NEW)) {
            VhdWriter writer = fixed
                    ? VhdWriter.fixed(file, size, PARENT_ID, TIME)
                    : VhdWriter.dynamic(file, size, PARENT_ID, TIME);
            copy(raw, runs, writer);
            writer.finish();
        }
    }

    private void copy(Path raw, List<long[]> runs, VhdWriter writer) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(STEP));
        try (BlockFile source = space.open(raw, OpenMode.READ)) {
            for (long[] run : runs) {
                for (long done = 0; done < run[1]; done += STEP) {
                    int length = (int) Math.min(STEP, run[1] - done);
                    source.read(run[0] + done, buffer, 0, length);
                    writer.write(run[0] + done, buffer, 0, length);
                }
            }
        }
    }

    /** Single sectors at the boundaries of blocks, and zeros where the parent has data. */
    @Test
    void shouldWriteAndReadDifferencesSectorBySector() throws IOException {
        difference(Pattern.BOUNDARIES.runs(SIZE), 2L * BLOCK + 4096);
    }

    /**
     * Libvhdi 20210425 does not mask the bits that it shifts out of a byte: behind the first sector that the child has,
     * it takes all sectors of the same eight for the child's. So each eight here has none, or its last ones.
     */
    @Test
    void shouldWriteDifferencesThatLibvhdiMerges() throws IOException {
        List<long[]> runs = new ArrayList<>();
        for (long boundary = 0; boundary < SIZE; boundary += BLOCK) {
            Pattern.add(runs, boundary - 512, SIZE);
            if (boundary + BLOCK <= SIZE) {
                runs.add(new long[] {boundary, 4096});
                runs.add(new long[] {boundary + 7 * 4096 + 3 * 512, 5 * 512});
            }
        }
        Path merged = difference(runs, 2L * BLOCK + 9 * 4096 + 6 * 512);
        Path child = directory.resolve("child.vhd");
        Path exported = directory.resolve("exported.raw");
        Tool.run("env", "python3", "-c", """
                import sys, pyvhdi
                parent, child = pyvhdi.file(), pyvhdi.file()
                parent.open(sys.argv[1])
                child.open(sys.argv[2])
                assert child.parent_filename == 'base.vhd', child.parent_filename
                assert child.parent_identifier == parent.identifier, child.parent_identifier
                child.set_parent(parent)
                with open(sys.argv[3], 'wb') as out:
                    while chunk := child.read(1 << 20):
                        out.write(chunk)
                """, directory.resolve("base.vhd"), child, exported);
        assertThat(Files.mismatch(exported, merged)).isEqualTo(-1);
        assertThat(Tool.run("vhdiinfo", child).out()).contains("Differential").contains(PARENT_ID.toString());
    }

    /** Writes base.vhd and child.vhd, and reads the child here; answers the raw disk that both make. */
    private Path difference(List<long[]> runs, long zeroOffset) throws IOException {
        Path base = raw("base.raw", Pattern.FULL, SIZE, 7);
        Path parent = directory.resolve("base.vhd");
        write(parent, base, Pattern.FULL.runs(SIZE), SIZE, false);
        Path changes = raw("changes.raw", Pattern.FULL, SIZE, 8);
        Path child = directory.resolve("child.vhd");
        try (BlockFile file = space.open(child, OpenMode.CREATE_NEW)) {
            VhdWriter writer = VhdWriter.differencing(file, SIZE, UUID.randomUUID(), TIME + 1,
                    new VhdParent(PARENT_ID, TIME, "base.vhd", parent.toString()));
            copy(changes, runs.stream().filter(run -> run[0] < zeroOffset).toList(), writer);
            writer.zero(zeroOffset, 1024);
            copy(changes, runs.stream().filter(run -> run[0] > zeroOffset).toList(), writer);
            writer.finish();
        }
        Path merged = merged(base, changes, runs, zeroOffset);
        try (VhdImage top = new VhdImage(space.open(child, OpenMode.READ))) {
            assertThat(top.parent().orElseThrow().paths())
                    .containsExactly("./base.vhd", parent.toString(), "base.vhd");
            mergeHere(base, top);
        }
        assertThat(Files.mismatch(base, merged)).isEqualTo(-1);
        return merged;
    }

    private Path merged(Path base, Path changes, List<long[]> runs, long zeroOffset) throws IOException {
        Path merged = Files.copy(base, directory.resolve("merged.raw"));
        try (RandomAccessFile file = new RandomAccessFile(merged.toFile(), "rw");
                RandomAccessFile from = new RandomAccessFile(changes.toFile(), "r")) {
            for (long[] run : runs) {
                byte[] bytes = new byte[(int) run[1]];
                from.seek(run[0]);
                from.readFully(bytes);
                file.seek(run[0]);
                file.write(bytes);
            }
            file.seek(zeroOffset);
            file.write(new byte[1024]);
        }
        return merged;
    }

    /** Puts what the child has over the raw bytes of its parent. */
    private static void mergeHere(Path base, VhdImage child) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(BLOCK));
        Piece piece = new Piece();
        try (RandomAccessFile file = new RandomAccessFile(base.toFile(), "rw")) {
            for (long offset = 0; offset < child.size(); offset += piece.length()) {
                child.locate(offset, Math.min(BLOCK, child.size() - offset), piece, true);
                if (piece.kind() == Piece.DATA) {
                    byte[] bytes = new byte[(int) piece.length()];
                    child.file().read(piece.position(), buffer, 0, bytes.length);
                    buffer.getBytes(0, bytes);
                    file.seek(offset);
                    file.write(bytes);
                }
            }
        }
    }

    /** Far offsets: data above 4 GiB and above 2^32 sectors' worth of a 32 bit byte count. */
    @Test
    void shouldReadAndWriteFarOffsets() throws IOException {
        long size = 2040L << 30;
        long[][] runs = {{0, 512}, {(4L << 30) - 512, 1024}, {(1L << 40) + 512, 512}, {size - 512, 512}};
        Path vhd = directory.resolve("far.vhd");
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(1024));
        buffer.setMemory(0, 1024, (byte) 'x');
        try (BlockFile file = space.open(vhd, OpenMode.CREATE_NEW)) {
            VhdWriter writer = VhdWriter.dynamic(file, size, PARENT_ID, TIME);
            for (long[] run : runs) {
                writer.write(run[0], buffer, 0, (int) run[1]);
            }
            writer.finish();
        }
        List<Object> command = new ArrayList<>(List.of("qemu-io", "-f", "vpc", "-r"));
        for (long[] run : runs) {
            command.addAll(List.of("-c", "read -P 120 " + run[0] + " " + run[1]));
        }
        command.addAll(List.of("-c", "read -P 0 512 4096", "-c", "read -P 0 " + (1L << 40) + " 512", vhd));
        assertThat(Tool.run(command.toArray()).out()).doesNotContain("verification failed");
        try (VhdImage image = new VhdImage(space.open(vhd, OpenMode.READ))) {
            assertThat(image.size()).isEqualTo(size);
            UnsafeBuffer read = new UnsafeBuffer(ByteBuffer.allocateDirect(1024));
            for (long[] run : runs) {
                new ImageChain(List.of(image)).read(run[0], read, 0, (int) run[1]);
                assertThat(read.getByte((int) run[1] - 1)).isEqualTo((byte) 'x');
            }
        }
    }
}
