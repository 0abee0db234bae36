package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.vhd.VhdImage;
import io.varve.daemon.format.vhd.VhdParent;
import io.varve.daemon.format.vhd.VhdWriter;
import io.varve.daemon.format.vhdx.VhdxImage;
import io.varve.daemon.format.vhdx.VhdxParent;
import io.varve.daemon.format.vhdx.VhdxShape;
import io.varve.daemon.format.vhdx.VhdxWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Repository;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Differencing images merged into parents that qemu-img made, by the real command. */
class MergeFileIT {

    private static final int MIB = RawImages.MIB;
    private static final int SECTOR = 512;
    /** No whole number of blocks. */
    private static final long SIZE = 75L * MIB + 1536;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Seconds since the epoch of Unix. */
    private static final long TIME = 1_700_000_000L;
    private static final int STATE_AT = 16;
    private static final int COPYING = 1;

    @TempDir
    Path directory;

    private final NativeFileSpace files = new NativeFileSpace();
    private final UnsafeBuffer buffer = Buffers.alignedDirect(MIB);
    private Varve varve;

    @BeforeEach
    void makeStore() {
        varve = new Varve(directory.resolve("store"));
    }

    private Path parent(String format, Path raw) {
        Path parent = directory.resolve("parent." + format);
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", qemu(format), "-o",
                format.equals("vhd") ? "subformat=dynamic,force_size=on" : "subformat=dynamic,block_size=1M",
                raw, parent);
        return parent;
    }

    private static String qemu(String format) {
        return format.equals("vhd") ? "vpc" : "vhdx";
    }

    /** Where a child is written to. */
    @FunctionalInterface
    private interface Sink {
        void write(long offset, int length) throws IOException;
    }

    /** Makes a child with runs of sectors, which the raw disk gets too. */
    private Path child(String format, Path parent, Path raw, long seed) throws IOException {
        Path child = parent.resolveSibling("child" + seed + "." + format);
        try (BlockFile file = files.open(child, OpenMode.CREATE_NEW);
                FileChannel disk = FileChannel.open(raw, StandardOpenOption.WRITE)) {
            if (format.equals("vhd")) {
                VhdWriter writer;
                try (VhdImage base = new VhdImage(files.open(parent, OpenMode.READ))) {
                    writer = VhdWriter.differencing(file, base.size(), UUID.randomUUID(), TIME,
                            new VhdParent(UUID.fromString(base.id().orElseThrow()), TIME,
                                    parent.getFileName().toString(), parent.toString()));
                }
                runs(disk, seed, (offset, length) -> writer.write(offset, buffer, 0, length));
                writer.finish();
            } else {
                VhdxWriter writer;
                try (VhdxImage base = new VhdxImage(files.open(parent, OpenMode.READ))) {
                    writer = VhdxWriter.differencing(file, new VhdxShape(base.size(), 2 * MIB, SECTOR),
                            UUID::randomUUID, new VhdxParent(UUID.fromString(base.id().orElseThrow()),
                                    parent.getFileName().toString(), parent.toString()));
                }
                runs(disk, seed, (offset, length) -> writer.write(offset, buffer, 0, length));
                writer.finish();
            }
        }
        return child;
    }

    /** Short ones, long ones, and the last sector. */
    private void runs(FileChannel raw, long seed, Sink sink) throws IOException {
        Random random = new Random(seed);
        long offset = random.nextInt(40) * (long) SECTOR;
        while (offset < SIZE) {
            int sectors = random.nextBoolean() ? 1 + random.nextInt(9) : 1 + random.nextInt(2048);
            int length = (int) Math.min((long) sectors * SECTOR, SIZE - offset);
            run(raw, random, offset, length, sink);
            offset += length + (1 + random.nextInt(3000)) * (long) SECTOR;
            if (offset >= SIZE && offset - SIZE < 2000L * SECTOR) {
                offset = SIZE - SECTOR;
                run(raw, random, offset, SECTOR, sink);
                return;
            }
        }
    }

    private void run(FileChannel raw, Random random, long offset, int length, Sink sink) throws IOException {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        buffer.putBytes(0, bytes);
        sink.write(offset, length);
        raw.write(ByteBuffer.wrap(bytes), offset);
    }

    private Path raw() {
        return RawImages.mixed(directory.resolve("expected.raw"), SIZE, 21);
    }

    private static void requireEqual(String format, Object image, Path expected) {
        assertThat(Tool.run("qemu-img", "compare", "-f", format, "-F", "raw", image, expected).out())
                .contains("identical").doesNotContain("mismatch");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vhd", "vhdx"})
    void shouldServeTheMergedDiskWhileItIsCopied(String format) throws IOException {
        Path raw = raw();
        Path parent = parent(format, raw);
        Path sibling = child(format, parent, Files.copy(raw, directory.resolve("other.raw")), 2);
        Path child = child(format, parent, raw, 1);
        byte[] childBefore = Files.readAllBytes(child);
        byte[] parentBefore = Files.readAllBytes(parent);
        assertThat(varve.run("merge-file", child, "--into", parent).out())
                .contains("serves the merged disk").contains("--copy");
        assertThat(Files.readAllBytes(parent)).isEqualTo(parentBefore);
        try (Daemon daemon = varve.serve("--image-file", parent)) {
            requireEqual("raw", daemon.uri("parent"), raw);
            Tool.run("qemu-io", "-f", "raw", "-c", "write -P 3 5M 100k", "-c", "flush", daemon.uri("parent@alice"));
            CompletableFuture<Tool.Outcome> copy = CompletableFuture.supplyAsync(
                    () -> varve.tries("merge-file", child, "--into", parent, "--copy"));
            do {
                requireEqual("raw", daemon.uri("parent"), raw);
            } while (!copy.isDone());
            assertThat(copy.join().orFail().out()).contains("no longer needed");
            requireEqual("raw", daemon.uri("parent"), raw);
        }
        assertThat(Files.readAllBytes(child)).isEqualTo(childBefore);
        Files.delete(child);
        requireEqual(qemu(format), parent, raw);
        if (format.equals("vhdx")) {
            assertThat(Tool.run("qemu-img", "check", "-f", "vhdx", parent).out()).contains("No errors");
        }
        // What a client wrote fits after the copy too, and after a restart.
        try (Daemon daemon = varve.serve("--image-file", parent)) {
            requireEqual("raw", daemon.uri("parent"), raw);
            Tool.run("qemu-io", "-f", "raw", "-c", "read -P 3 5M 100k", daemon.uri("parent@alice"));
        }
        assertThat(varve.tries("import", sibling, "sibling").errorLines()).singleElement().asString()
                .contains("is not the parent that").contains(sibling.toString());
        varve.run("import", parent, "whole");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vhd", "vhdx"})
    void shouldEndInTheSameBytesAfterKills(String format) throws IOException {
        Path raw = raw();
        Path parent = parent(format, raw);
        Path child = child(format, parent, raw, 3);
        Path undisturbed = Files.createDirectory(directory.resolve("undisturbed"));
        Path plain = Files.copy(parent, undisturbed.resolve(parent.getFileName()));
        varve.run("merge-file", Files.copy(child, undisturbed.resolve(child.getFileName())), "--into", plain,
                "--copy");
        int killed = 0;
        for (int delayMs = 0; delayMs < 200; delayMs += 20) {
            killed += killInTheMiddle(child, parent, delayMs) ? 1 : 0;
            try (Daemon daemon = varve.serve("--image-file", "view" + delayMs + "=" + parent)) {
                requireEqual("raw", daemon.uri("view" + delayMs), raw);
            }
            if (killed == 2) {
                break;
            }
        }
        assertThat(killed).as("times it was killed in the middle").isPositive();
        varve.run("merge-file", child, "--into", parent, "--copy");
        assertThat(Files.mismatch(parent, plain)).isEqualTo(-1);
        requireEqual(qemu(format), parent, raw);
        assertThat(varve.run("merge-file", child, "--into", parent, "--copy").out()).contains("before");
    }

    /** Whether it was copying when it was killed. */
    private boolean killInTheMiddle(Path child, Path parent, int delayMs) throws IOException {
        Path record = parent.resolveSibling(parent.getFileName() + ".varve-merge");
        Process process = new ProcessBuilder(Repository.ROOT.resolve("daemon/bin/varve").toString(), "merge-file",
                child.toString(), "--into", parent.toString(), "--copy").redirectErrorStream(true)
                .redirectOutput(directory.resolve("killed.log").toFile()).start();
        try {
            Await.until("the copy", PATIENCE, () -> !process.isAlive() || state(record) == COPYING,
                    () -> RawImages.class.getName());
            long untilNs = System.nanoTime() + Duration.ofMillis(delayMs).toNanos();
            Await.until("the moment", PATIENCE, () -> System.nanoTime() >= untilNs, () -> "");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().onExit().join();
        }
        return state(record) == COPYING;
    }

    private static int state(Path record) {
        return Files.exists(record) ? RawImages.read(record, STATE_AT, 1)[0] : -1;
    }

    @Test
    void shouldSayWhatCannotBeMerged() throws IOException {
        Path raw = raw();
        Path parent = parent("vhd", raw);
        Path other = Files.copy(parent, directory.resolve("other.vhd"));
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "subformat=dynamic,force_size=on", raw,
                directory.resolve("stranger.vhd"));
        Path child = child("vhd", parent, raw, 5);
        Path qcow2 = directory.resolve("child.qcow2");
        Tool.run("qemu-img", "create", "-q", "-f", "qcow2", qcow2, "1M");
        assertThat(refused(qcow2, parent)).contains("qemu-img commit");
        assertThat(refused(child, directory.resolve("stranger.vhd"))).contains("not the parent").contains("--into");
        assertThat(refused(other, parent)).contains("has no parent");
        assertThat(refused(child, raw)).contains("--into");
        assertThat(refused(child, child)).contains("itself");
        try (var names = Files.list(directory)) {
            assertThat(names.filter(name -> name.toString().contains("varve-merge"))).isEmpty();
        }
    }

    private String refused(Path child, Path parent) {
        Tool.Outcome outcome = varve.tries("merge-file", child, "--into", parent, "--copy");
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.errorLines()).hasSize(1);
        return outcome.err();
    }
}
