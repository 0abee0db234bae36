package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Repository;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command exports, as QEMU reads it, and as it comes back. */
class ImageExportIT {

    private static final int SECTOR = 512;
    private static final long GIB = 1L << 30;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Name of the file, what QEMU calls its format, more options. */
    private static final List<List<String>> KINDS = List.of(
            List.of("disk.img", "raw"), List.of("disk.qcow2", "qcow2"), List.of("packed.qcow2", "qcow2", "--compress"),
            List.of("disk.vhd", "vpc"), List.of("fixed.vhd", "vpc", "--fixed"), List.of("disk.vhdx", "vhdx"));

    @TempDir
    private Path directory;
    private Path files;
    private Varve varve;

    @BeforeEach
    void directories() throws IOException {
        files = Files.createDirectories(directory.resolve("files"));
        varve = new Varve(directory.resolve("store"));
    }

    /** Sectors of data, and nothing between them. */
    private Path sparse(String name, long size, long... offsets) throws IOException {
        Path file = directory.resolve(name);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[1]), size - 1);
            for (long offset : offsets) {
                byte[] bytes = new byte[(int) Math.min(SECTOR, size - offset)];
                Arrays.fill(bytes, (byte) (1 + offset / SECTOR % 251));
                channel.write(ByteBuffer.wrap(bytes), offset);
            }
        }
        return file;
    }

    /** The first sector of each block, the one before it, and the one behind it. */
    private static long[] borders(long size, long... blocks) {
        return Arrays.stream(blocks).flatMap(block -> Stream.of(block - SECTOR, block, block + SECTOR)
                .mapToLong(offset -> offset)).filter(offset -> offset < size).toArray();
    }

    @Test
    void shouldWriteDisksThatQemuReads() throws IOException {
        Path full = directory.resolve("full.raw");
        Files.write(full, new byte[0]);
        RawImages.scribble(full, 0, 5 * RawImages.MIB + 100, 3);
        assertQemuReads("empty", sparse("empty.raw", 3 * RawImages.MIB + SECTOR));
        assertQemuReads("full", full);
        assertQemuReads("mixed", RawImages.mixed(directory.resolve("mixed.raw"), 9 * RawImages.MIB + 1000, 4));
    }

    @Test
    void shouldKeepSectorsAtBordersOfBlocks() throws IOException {
        long size = 66 * RawImages.MIB + 3 * SECTOR;
        long[] borders = borders(size, 64 << 10, 128 << 10, 2 << 20, (2 << 20) + (64 << 10), 32 << 20, 64 << 20,
                66 << 20);
        Path raw = sparse("borders.raw", size, borders);
        assertComesBack(assertQemuReads("borders", raw), KINDS);
    }

    @Test
    void shouldReachBehindFourGigabytes() throws IOException {
        long size = 4 * GIB + 9 * RawImages.MIB + 5 * SECTOR;
        Path raw = sparse("large.raw", size, 0, 2 * GIB - SECTOR, 2 * GIB, 4 * GIB - SECTOR, 4 * GIB, 4 * GIB + SECTOR,
                size - SECTOR);
        String layers = assertQemuReads("large", raw);
        // Of a fixed disk every byte is read, which is not what this is about.
        assertComesBack(layers, List.of(KINDS.get(0), KINDS.get(1), KINDS.get(3), KINDS.get(5)));
        assertThat(blockCount("disk.img")).as("KiB of a sparse file").isLessThan(100);
        assertThat(blockCount("fixed.vhd")).as("KiB of a sparse file").isLessThan(100);
    }

    private long blockCount(String name) {
        return Long.parseLong(Tool.run("du", "-k", files.resolve(name)).out().split("\\s")[0]);
    }

    /** @return the layers of the image */
    private String assertQemuReads(String image, Path raw) throws IOException {
        String layers = layers(varve.run("import", raw, image, "--json"));
        long size = Files.size(raw);
        long rounded = (size + SECTOR - 1) / SECTOR * SECTOR;
        for (List<String> kind : KINDS) {
            Path file = files.resolve(kind.get(0));
            Files.deleteIfExists(file);
            List<Object> command = new ArrayList<>(List.of("export", image, file));
            command.addAll(kind.subList(2, kind.size()));
            String said = varve.run(command.toArray()).out();
            String format = kind.get(1);
            boolean isRaw = format.equals("raw");
            assertThat(said.contains("rounded up")).as(said).isEqualTo(!isRaw && rounded != size);
            Tool.run("qemu-img", "compare", "-f", "raw", "-F", format, raw, file);
            assertThat(Tool.run("qemu-img", "info", "--output", "json", "-f", format, file).json()
                    .number("virtual-size")).as(kind.toString()).isEqualTo(rounded);
            if (format.equals("qcow2") || format.equals("vhdx")) {
                Tool.run("qemu-img", "check", "-q", "-f", format, file);
            }
            if (isRaw) {
                assertThat(file).hasSize(size);
            }
        }
        try (Stream<Path> all = Files.list(files)) {
            assertThat(all).as("no other files").hasSize(KINDS.size());
        }
        return layers;
    }

    /** Into another store, as the same layers: the bytes are the same. */
    private void assertComesBack(String layers, List<List<String>> kinds) {
        Varve other = new Varve(directory.resolve("other"));
        for (List<String> kind : kinds) {
            assertThat(layers(other.run("import", files.resolve(kind.get(0)), "back:" + kind.get(0), "--json")))
                    .as(kind.get(0)).isEqualTo(layers);
        }
    }

    private static String layers(Tool.Outcome imported) {
        return imported.json().at("layers").value().toString();
    }

    @Test
    void shouldWriteChildrenThatHoldWhatTheClientWroteAndNothingElse() throws IOException {
        long size = 70 * RawImages.MIB + 3 * SECTOR;
        Path raw = RawImages.mixed(directory.resolve("base.raw"), size, 7);
        varve.run("import", raw, "win");
        Path golden = Files.createDirectories(files.resolve("golden"));
        Path expected = directory.resolve("expected.raw");
        try (Daemon daemon = varve.serve()) {
            try (NbdClient client = daemon.connect("win@al")) {
                Tool.Outcome refused = varve.tries("export", "win@al", files.resolve("x.vhd"));
                assertThat(refused.exitCode()).isEqualTo(1);
                assertThat(refused.errorLines()).singleElement().asString().contains("disconnect", "varve snapshot");
                client.read(0, SECTOR);
            }
            Tool.run("qemu-io", "-f", "raw", "-c", "write -P 7 4096 512", "-c", "write -P 8 2M 4M",
                    "-c", "write -z 8M 3M", "-c", "write -P 9 32767k 2k", "-c", "write -z 64M 512",
                    "-c", "write -P 5 " + (size - SECTOR) + " 512", "-c", "flush", daemon.uri("win@al"));
            Tool.run("nbdcopy", daemon.uri("win@al"), expected);
        }
        for (String format : List.of("vhd", "vhdx")) {
            Path base = golden.resolve("base." + format);
            varve.run("export", "win", base);
            assertThat(exportChild("fast." + format, base)).as("the store knows the parent").isTrue();
            Files.setLastModifiedTime(base, FileTime.fromMillis(1));
            assertThat(exportChild("slow." + format, base)).isFalse();
            BitSet differing = differingSectors(raw, expected);
            for (String name : List.of("fast." + format, "slow." + format)) {
                Path child = files.resolve(name);
                assertThat(format.equals("vhd") ? ChildSectors.ofVhd(child, size) : ChildSectors.ofVhdx(child, size))
                        .as(name).isEqualTo(differing);
                assertHasPaths(child, ".\\golden\\base." + format, base.toRealPath().toString().replace('/', '\\'));
            }
        }
        assertChildrenReadAs(expected);
    }

    private boolean exportChild(String name, Path base) {
        return varve.run("export", "win@al", files.resolve(name), "--parent", base, "--json").json()
                .flag("parentKnown");
    }

    private static BitSet differingSectors(Path one, Path other) throws IOException {
        byte[] ours = Files.readAllBytes(one);
        byte[] theirs = Files.readAllBytes(other);
        BitSet differing = new BitSet();
        for (int at = 0; at < ours.length; at += SECTOR) {
            differing.set(at / SECTOR, !Arrays.equals(ours, at, at + SECTOR, theirs, at, at + SECTOR));
        }
        return differing;
    }

    private static void assertHasPaths(Path child, String... paths) throws IOException {
        String head = new String(RawImages.read(child, 0, 3 << 20), StandardCharsets.ISO_8859_1);
        for (String path : paths) {
            assertThat(head.contains(new String(path.getBytes(StandardCharsets.UTF_16LE),
                    StandardCharsets.ISO_8859_1))).as("%s in %s", path, child).isTrue();
        }
    }

    /** Imported with their parents into another store, and where they are. */
    private void assertChildrenReadAs(Path expected) {
        Varve other = new Varve(directory.resolve("other"));
        List<Object> options = new ArrayList<>();
        for (String name : List.of("slow.vhd", "fast.vhdx")) {
            Path child = files.resolve(name);
            assertThat(other.run("import", child, "back:" + name, "--json").json().at("layers").all()).hasSize(2);
            options.addAll(List.of("back:" + name, "--image-file", "place-" + name + "=" + child));
        }
        options.addAll(List.of("--overlay", "none"));
        try (Daemon daemon = other.serve(options.toArray())) {
            for (String name : List.of("slow.vhd", "fast.vhdx")) {
                for (String export : List.of("back:" + name, "place-" + name)) {
                    Tool.run("qemu-img", "compare", "-f", "raw", "-F", "raw", expected, daemon.uri(export));
                }
            }
        }
    }

    @Test
    void shouldClearUpAfterASignalAndAfterAKill() throws Exception {
        Path raw = Files.write(directory.resolve("noise.raw"), new byte[0]);
        RawImages.scribble(raw, 0, 160 * RawImages.MIB, 9);
        varve.run("import", raw, "noise");
        Path file = files.resolve("noise.qcow2");
        Path temporary = files.resolve(".noise.qcow2.varve-export");
        for (String signal : List.of("INT", "TERM")) {
            assertThat(exportUntil(signal, file, temporary)).as(signal).isEqualTo(1);
            assertThat(file).doesNotExist();
            assertThat(temporary).doesNotExist();
        }
        exportUntil("KILL", file, temporary);
        assertThat(file).doesNotExist();
        assertThat(temporary).exists();

        varve.run("export", "noise", file);

        Tool.run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw, file);
        assertThat(temporary).doesNotExist();
    }

    /** @return exit code */
    private int exportUntil(String signal, Path file, Path temporary) throws Exception {
        // Whoever runs the tests in the background may have told all of their processes to ignore SIGINT.
        ProcessBuilder builder = new ProcessBuilder("env", "--default-signal=INT",
                Repository.ROOT.resolve("daemon/bin/varve").toString(), "export", "noise", file.toString(),
                "--compress").redirectErrorStream(true)
                .redirectOutput(directory.resolve("said").toFile());
        builder.environment().putAll(Map.of("VARVE_STORE", varve.store().toString()));
        Process process = builder.start();
        Await.until("the export", PATIENCE, () -> temporary.toFile().length() > 0, () -> "not begun");
        Tool.run("kill", "-" + signal, process.pid());
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        if (!signal.equals("KILL")) {
            assertThat(Files.readAllLines(directory.resolve("said"))).last().asString().contains("interrupted");
        }
        return process.exitValue();
    }
}
