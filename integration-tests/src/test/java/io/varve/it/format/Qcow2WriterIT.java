package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.qcow2.Qcow2Image;
import io.varve.daemon.format.qcow2.Qcow2Writer;
import io.varve.daemon.format.qcow2.Qcow2Writer.Packing;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written is sound and the same disk, as qemu-img and our own reader see it. */
class Qcow2WriterIT {

    private static final int CLUSTER = 1 << 16;
    private static final long GIB = 1L << 30;
    private static final int STEP = (1 << 20) + 4096;

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource
    void shouldWriteDisksOfAnySize(Packing packing) throws IOException {
        long[] sizes = {512, CLUSTER - 512, CLUSTER, CLUSTER + 512, 7_000_064, 20 << 20};
        for (long size : sizes) {
            Path raw = RawImages.mixed(directory.resolve("raw" + size), size, size);
            assertSame(raw, packing);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldWriteEmptyAndFullDisksAndEachBoundary(Packing packing) throws IOException {
        int size = 3 * CLUSTER * 5 + 1536;
        Path raw = directory.resolve("empty");
        Files.write(raw, new byte[size]);
        assertSame(raw, packing);
        Path edges = directory.resolve("edges");
        Files.write(edges, new byte[size]);
        for (int offset = 0; offset < size; offset += CLUSTER) {
            RawImages.scribble(edges, offset, 512, offset);
            RawImages.scribble(edges, Math.max(0, offset - 512), 512, offset + 1);
        }
        assertSame(edges, packing);
        RawImages.scribble(raw, 0, size, 9);
        assertSame(raw, packing);
    }

    @ParameterizedTest
    @EnumSource
    void shouldWriteSparseDisksAboveFourGibibytes(Packing packing) throws IOException {
        Path raw = directory.resolve("raw");
        Files.write(raw, new byte[0]);
        for (long offset : new long[] {0, GIB / 2 - 512, 4 * GIB - 512, 4 * GIB + 3 * CLUSTER, 5 * GIB}) {
            RawImages.scribble(raw, offset, 1024, offset);
        }
        assertSame(raw, packing);
    }

    private void assertSame(Path raw, Packing packing) throws IOException {
        Path image = directory.resolve(raw.getFileName() + "." + packing);
        NativeFileSpace space = new NativeFileSpace();
        Files.deleteIfExists(image);
        try (BlockFile source = space.open(raw, OpenMode.READ);
                BlockFile target = space.open(image, OpenMode.CREATE_NEW);
                Qcow2Writer writer = new Qcow2Writer(target, source.size(), packing)) {
            copy(source, writer);
            writer.finish();
            RawComparison.assertSame(List.of(new Qcow2Image(target)), raw);
        }
        Tool.run("qemu-img", "check", "-q", "-f", "qcow2", image);
        Tool.Outcome compared = Tool.run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw, image);
        assertThat(compared.out()).contains("Images are identical.").doesNotContain("size mismatch");
    }

    /** In steps that are no clusters, and not at all where the raw file has holes. */
    private static void copy(BlockFile source, Qcow2Writer writer) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(STEP));
        long size = source.size();
        for (long offset = source.nextData(0); offset < size; offset = source.nextData(offset)) {
            int length = (int) Math.min(STEP, size - offset);
            source.read(offset, buffer, 0, length);
            writer.write(offset, buffer, 0, length);
            offset += length;
        }
    }
}
