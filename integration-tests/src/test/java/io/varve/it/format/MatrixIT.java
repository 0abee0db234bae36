package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.ImageWriter;
import io.varve.daemon.format.qcow2.Qcow2Writer;
import io.varve.daemon.format.qcow2.Qcow2Writer.Packing;
import io.varve.daemon.format.raw.RawWriter;
import io.varve.daemon.format.vhd.VhdWriter;
import io.varve.daemon.format.vhdx.VhdxShape;
import io.varve.daemon.format.vhdx.VhdxWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.it.format.reference.Rendering;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every format with every pattern in every direction, on sizes that no block, cluster or page divides.
 *
 * <pre>
 *                      qemu to ours   ours to qemu          ours to ours
 *   raw, qcow2             x          compare, check             x
 *   VHD fixed, dynamic     x          compare                    x
 *   VHD differencing       -          the reference reader       x
 *   VHDX dynamic           x          compare, check             x
 *   VHDX differencing      -          the reference reader       x
 * </pre>
 *
 * <p>QEMU makes no differencing files, shows a VHD child without its parent, and refuses a VHDX child. The same by the
 * commands of the product: {@link ChainOfFiveIT}; with more options of each format: {@link Qcow2IT}, {@link VhdIT},
 * {@link VhdxIT}.
 */
class MatrixIT {

    private static final int MIB = RawImages.MIB;
    private static final long SIZE = 9 * MIB + 5 * 512;
    private static final long FAR = 4L << 30;
    private static final int BOUNDARY = 64 << 10;
    private static final NativeFileSpace SPACE = new NativeFileSpace();

    @TempDir
    Path directory;

    private enum Pattern {
        EMPTY, FULL, BOUNDARIES, LAST_BLOCK, ABOVE_4_GIB;

        Difference content() {
            Difference disk = new Difference(this == ABOVE_4_GIB ? FAR + SIZE : SIZE);
            switch (this) {
                case FULL -> disk.data(0, SIZE, 51);
                case BOUNDARIES -> {
                    for (long at = 0; at <= SIZE; at += BOUNDARY) {
                        disk.data(at - 512, 1024, at);
                    }
                }
                case LAST_BLOCK -> disk.data(SIZE - 5 * 512, 5 * 512, 52);
                case ABOVE_4_GIB -> disk.data(FAR - 512, 1024, 53).data(FAR + 3 * MIB, 512, 54)
                        .data(FAR + SIZE - 512, 512, 55);
                default -> { }
            }
            return disk;
        }
    }

    private enum Way {
        RAW(ImageFormat.RAW, "raw", "preallocation=off"),
        QCOW2(ImageFormat.QCOW2, "qcow2", "compat=1.1"),
        VHD_FIXED(ImageFormat.VHD, "vpc", "subformat=fixed,force_size=on"),
        VHD_DYNAMIC(ImageFormat.VHD, "vpc", "subformat=dynamic,force_size=on"),
        VHD_DIFFERENCING(ImageFormat.VHD, "vpc", null),
        VHDX_DYNAMIC(ImageFormat.VHDX, "vhdx", "subformat=dynamic"),
        VHDX_DIFFERENCING(ImageFormat.VHDX, "vhdx", null);

        private final ImageFormat format;
        private final String qemuFormat;
        private final String qemuOptions;

        /** @param qemuOptionsOrNull null if QEMU does not know it */
        Way(ImageFormat format, String qemuFormat, String qemuOptionsOrNull) {
            this.format = format;
            this.qemuFormat = qemuFormat;
            this.qemuOptions = qemuOptionsOrNull;
        }

        boolean isQemus() {
            return qemuOptions != null;
        }

        String suffix() {
            return format.optionName();
        }
    }

    static Stream<Arguments> ofQemu() {
        return all().filter(each -> ((Way) each.get()[0]).isQemus());
    }

    static Stream<Arguments> all() {
        return Arrays.stream(Way.values())
                .flatMap(way -> Arrays.stream(Pattern.values()).map(pattern -> Arguments.of(way, pattern)));
    }

    @ParameterizedTest
    @MethodSource("ofQemu")
    void shouldReadWhatQemuWrites(Way way, Pattern pattern) throws IOException {
        Path raw = raw(pattern);
        Path image = directory.resolve("theirs." + way.suffix());
        // In two steps, or a fixed file above 4 GiB would be written to its end.
        Tool.run("qemu-img", "create", "-q", "-f", way.qemuFormat, "-o", way.qemuOptions, image, Files.size(raw));
        Tool.run("qemu-img", "convert", "-n", "--target-is-zero", "-f", "raw", "-O", way.qemuFormat, raw, image);
        requireReadHere(way, image, raw);
    }

    @ParameterizedTest
    @MethodSource("all")
    void shouldWriteWhatQemuAndWeRead(Way way, Pattern pattern) throws IOException {
        Path raw = raw(pattern);
        Path image = written(way, pattern.content());
        requireReadHere(way, image, raw);
        if (!way.isQemus()) {
            Path rendered = Rendering.of(image, directory.resolve("rendered.raw"));
            requireSame(raw, "raw", rendered);
            return;
        }
        requireSame(raw, way.qemuFormat, image);
        if (way.format == ImageFormat.QCOW2 || way.format == ImageFormat.VHDX) {
            Tool.run("qemu-img", "check", "-q", "-f", way.qemuFormat, image);
        }
    }

    private Path raw(Pattern pattern) throws IOException {
        Path raw = Files.createFile(directory.resolve("disk.raw"));
        pattern.content().applyTo(raw);
        return raw;
    }

    private static void requireSame(Path raw, String format, Path image) {
        assertThat(Tool.run("qemu-img", "compare", "-f", "raw", "-F", format, raw, image).out())
                .contains("Images are identical.").doesNotContain("size mismatch");
    }

    private static void requireReadHere(Way way, Path image, Path raw) throws IOException {
        ImageOpener opener = new ImageOpener(SPACE, ImageReader::ofAll, List.of());
        try (ImageChain chain = opener.open(image, Optional.of(way.format)).chain()) {
            RawComparison.assertSame(chain.images(), raw);
        }
    }

    private Path written(Way way, Difference content) throws IOException {
        if (way == Way.VHD_DIFFERENCING || way == Way.VHDX_DIFFERENCING) {
            ChainMaker maker = way == Way.VHD_DIFFERENCING ? ChainMaker.VHD : ChainMaker.VHDX;
            return maker.write(directory, onAnother(content), new Random(56)).get(1).path();
        }
        Path image = directory.resolve("ours." + way.suffix());
        try (BlockFile file = SPACE.open(image, OpenMode.CREATE_NEW);
                ImageWriter writer = writer(way, file, content.size())) {
            content.writeTo(writer);
        }
        return image;
    }

    private static ImageWriter writer(Way way, BlockFile file, long size) throws IOException {
        return switch (way) {
            case RAW -> new RawWriter(file, size);
            case QCOW2 -> new Qcow2Writer(file, size, Packing.PLAIN);
            case VHD_FIXED -> VhdWriter.fixed(file, size, UUID.randomUUID(), ChainFile.TIME);
            case VHD_DYNAMIC -> VhdWriter.dynamic(file, size, UUID.randomUUID(), ChainFile.TIME);
            default -> VhdxWriter.dynamic(file, new VhdxShape(size, MIB, 512), UUID::randomUUID);
        };
    }

    /** A base with other bytes where the disk has some, and with bytes where it has none, and a child that mends it. */
    private static List<Difference> onAnother(Difference content) throws IOException {
        Difference base = new Difference(content.size());
        Difference child = new Difference(content.size());
        long end = content.size() / 512 * 512;
        for (long at : new long[] {0, 7 * 4096 + 512, 2L * MIB - 1024, end / 512 / 2 * 512, end - 1024}) {
            base.data(at, 3 * 512, at);
            child.zeros(at, 3 * 512);
        }
        content.forEachRun((offset, bytes, isZero) -> {
            base.data(offset, bytes.length, offset + 1);
            child.bytes(offset, bytes);
        });
        return List.of(base, child);
    }
}
