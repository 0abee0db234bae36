package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.TruncatedFileException;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Real files that end too early, opened as an import opens them: each length is refused with one line that names the
 * file, or all bytes of the disk are right.
 */
class CutFilesIT {

    /** No whole number of clusters or blocks. */
    private static final long SIZE = 3L * RawImages.MIB + 1536;
    private static final int RANDOM_COUNT = 200;
    private static final int UNIT = 64 << 10;
    private static final long SEED = 17;

    @TempDir
    Path directory;

    private Path raw;

    @BeforeEach
    void makeDisk() {
        raw = RawImages.mixed(directory.resolve("disk.raw"), SIZE, SEED);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "QCOW2 | qcow2 | ", "QCOW2 | qcow2 | -o cluster_size=512", "QCOW2 | qcow2 | -o compat=0.10,cluster_size=4k",
        "QCOW2 | qcow2 | -o extended_l2=on,cluster_size=32k", "QCOW2 | qcow2 | -c -o cluster_size=4k",
        "QCOW2 | qcow2 | -c -o compression_type=zstd", "VHD | vpc | -o subformat=dynamic,force_size=on",
        "VHD | vpc | -o subformat=fixed,force_size=on", "VHDX | vhdx | -o subformat=dynamic,block_size=1M",
        "VHDX | vhdx | -o subformat=fixed,block_size=1M"})
    void shouldRefuseWhatQemuMadeOrReadAllOfIt(ImageFormat format, String driver, String options) throws IOException {
        Path file = directory.resolve("cut." + driver);
        List<Object> command = new ArrayList<>(List.of("qemu-img", "convert", "-f", "raw", "-O", driver));
        if (options != null) {
            command.addAll(List.of(options.split(" ")));
        }
        command.addAll(List.of(raw, file));
        Tool.run(command.toArray()).orFail();
        cutEverywhere(file, format, raw);
    }

    @Test
    void shouldRefuseAnOverlayOfQemuOrReadAllOfIt() throws IOException {
        Path file = directory.resolve("cut.qcow2");
        Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=4k", "-b", "disk.raw", "-F", "raw",
                file).orFail();
        Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 7 1M 300k", "-c", "write -z 2M 100k",
                "-c", "write -P 9 " + (SIZE - 512) + " 512", file).orFail();
        Path expected = directory.resolve("expected.raw");
        Tool.run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", file, expected).orFail();
        cutEverywhere(file, ImageFormat.QCOW2, expected);
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAChildOrReadAllOfIt(ChainMaker maker) throws IOException {
        Difference base = new Difference(SIZE).data(0, 200 << 10, 1).data(2 << 20, 4096, 2).data(SIZE - 512, 512, 3);
        Difference child = new Difference(SIZE).data(512, 4096, 4).zeros(64 << 10, 8192).data(1 << 20, 70 << 10, 5)
                .data((2 << 20) - 512, 1536, 6).data(SIZE - 1024, 512, 7);
        List<ChainFile> files = maker.write(directory, List.of(base, child), new Random(SEED));
        Path expected = directory.resolve("expected.raw");
        base.applyTo(expected);
        child.applyTo(expected);
        Path file = files.get(1).path();
        cutEverywhere(file, file.toString().endsWith("vhd") ? ImageFormat.VHD : ImageFormat.VHDX, expected);
    }

    private void cutEverywhere(Path file, ImageFormat format, Path expected) throws IOException {
        assertThat(refusal(file, format, expected)).isEmpty();
        int refusedCount = 0;
        NavigableSet<Long> lengths = lengths(Files.size(file));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (long length : lengths.descendingSet()) {
                channel.truncate(length);
                String when = file.getFileName() + " cut to " + length + " bytes, seed " + SEED;
                try {
                    Optional<IOException> refusal = refusal(file, format, expected);
                    refusedCount += refusal.isPresent() ? 1 : 0;
                    refusal.ifPresent(e -> assertThat(e.getMessage()).as(when).startsWith(file + " ").hasLineCount(1));
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError(when, e);
                }
            }
        }
        assertThat(refusedCount).isBetween(lengths.size() / 2, lengths.size());
    }

    /** Near the start, near the end, where units begin, and anywhere. */
    private static NavigableSet<Long> lengths(long whole) {
        NavigableSet<Long> lengths = new TreeSet<>();
        for (long near = 0; near < 2200; near += 47) {
            lengths.addAll(Arrays.asList(near, whole - 1 - near));
        }
        for (long unit = UNIT; unit < whole; unit += Math.max(UNIT, whole / 50 / UNIT * UNIT)) {
            lengths.addAll(Arrays.asList(unit - 1, unit, unit + 1, unit + 512));
        }
        Random random = new Random(SEED);
        for (int i = 0; i < RANDOM_COUNT; i++) {
            lengths.add((long) (random.nextDouble() * whole));
        }
        return new TreeSet<>(lengths.subSet(0L, true, whole, false));
    }

    /** Empty if the disk is the expected one. */
    private static Optional<IOException> refusal(Path file, ImageFormat format, Path expected) throws IOException {
        List<ForeignImage> images = List.of();
        try {
            images = new ImageOpener(new NativeFileSpace(), ImageReader::ofAll, List.of())
                    .open(file, Optional.of(format)).chain().images();
            for (ForeignImage image : images) {
                image.requireSoundTables();
            }
            RawComparison.assertSame(images, expected);
            return Optional.empty();
        } catch (CorruptDataException | UnsupportedImageException | TruncatedFileException e) {
            return Optional.of(e);
        } finally {
            for (ForeignImage image : images) {
                image.close();
            }
        }
    }
}
