package io.varve.it.bad;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that QEMU made and somebody broke, given to the command line: one line, exit code 1, and a store that is as it
 * was, whether they are imported or served where they are. Which line that is, the README's table says.
 */
class BadImageFilesIT {

    private static final long SIZE = 5 * RawImages.MIB;
    /** Where QEMU puts the block table of a dynamic VHD. */
    private static final int VHD_TABLE = 1536;

    @TempDir
    Path directory;

    private Varve varve;
    private Path raw;
    private Map<String, Long> before;

    @BeforeEach
    void importAnImage() throws IOException {
        varve = new Varve(directory.resolve("store"));
        raw = RawImages.mixed(directory.resolve("good.raw"), SIZE, 3);
        varve.run("import", raw, "good");
        before = storeFiles();
    }

    private Path made(String name, String driver, String... options) {
        Path file = directory.resolve(name);
        Tool.run(Stream.of(Stream.of("qemu-img", "convert", "-f", "raw", "-O", driver), Stream.of(options),
                Stream.of(raw, file)).flatMap(words -> words).toArray()).orFail();
        return file;
    }

    private static Path put(Path file, long position, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(bytes.rewind(), position);
        }
        return file;
    }

    private static Path cut(Path file, long length) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(length);
        }
        return file;
    }

    private static ByteBuffer number(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value);
    }

    private static ByteBuffer entry(int value) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(value);
    }

    /** But for locks, in which a daemon leaves its number. */
    private Map<String, Long> storeFiles() throws IOException {
        Map<String, Long> sizes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(varve.store())) {
            for (Path file : files.filter(file -> !file.toString().endsWith(".lock")).toList()) {
                sizes.put(varve.store().relativize(file).toString(), Files.isDirectory(file) ? 0 : Files.size(file));
            }
        }
        return sizes;
    }

    private void assertOneLine(Tool.Outcome outcome, String... words) throws IOException {
        assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(1);
        assertThat(outcome.errorLines()).as("%s", outcome).singleElement().asString().startsWith("varve: ")
                .contains(words).doesNotContain("Exception");
        assertThat(outcome.out()).as("%s", outcome).doesNotContain("imported");
        assertThat(storeFiles()).as("%s", outcome).isEqualTo(before);
    }

    private void assertNotImported(Path file, String format, String... words) throws IOException {
        assertOneLine(varve.tries("import", file, "bad", "--format", format), words);
    }

    private void assertRefused(Path file, String format, String... words) throws IOException {
        assertNotImported(file, format, words);
        Path socket = Varve.newSocket();
        assertOneLine(varve.tries("serve", "--image-file", "bad=" + file, "--image-format", format, "--listen",
                "unix://" + socket), words);
        assertThat(socket).doesNotExist();
    }

    private void assertNothingImported() throws IOException {
        assertThat(varve.run("images").out()).contains("good").doesNotContain("bad");
        try (Stream<Path> left = Files.list(varve.store().resolve("tmp"))) {
            assertThat(left).isEmpty();
        }
        varve.run("verify");
    }

    @Test
    void shouldRefuseBrokenQcow2Files() throws IOException {
        Path half = made("half.qcow2", "qcow2");
        assertNotImported(cut(half, Files.size(half) / 2), "qcow2", half.toString(), "at byte ", "the file ends at");
        Path large = put(made("large.qcow2", "qcow2"), 24, number(Long.MAX_VALUE - 511));
        assertRefused(large, "qcow2", large.toString(), "at byte 36", "entries for a disk");
        Path one = made("one.qcow2", "qcow2");
        for (String[] link : new String[][] {{"one", "two"}, {"two", "three"}, {"three", "one"}}) {
            Tool.run("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", link[1] + ".qcow2",
                    directory.resolve(link[0] + ".qcow2"), "5M").orFail();
        }
        assertRefused(one, "qcow2", directory.resolve("three.qcow2") + " has " + one + " as its parent", "circle");
        Files.delete(directory.resolve("two.qcow2"));
        assertRefused(one, "qcow2", one.toString(), "'two.qcow2', which is not there", "--parent-dir");
        assertNothingImported();
    }

    @Test
    void shouldRefuseBrokenVhdFiles() throws IOException {
        String[] dynamic = {"-o", "subformat=dynamic,force_size=on"};
        Path outside = put(made("outside.vhd", "vpc", dynamic), VHD_TABLE, entry(0x7fff_ff00));
        assertNotImported(outside, "vhd", outside.toString(), "at byte 1536", "the blocks end at");
        Path shared = made("shared.vhd", "vpc", dynamic);
        put(shared, VHD_TABLE + 4, ByteBuffer.wrap(RawImages.read(shared, VHD_TABLE, Integer.BYTES)));
        assertNotImported(shared, "vhd", shared.toString(), "another block is there too");
        Path fixed = made("fixed.vhd", "vpc", "-o", "subformat=fixed,force_size=on");
        put(fixed, Files.size(fixed) - 512 + 64, entry(0));
        assertRefused(fixed, "vhd", fixed.toString(), "at byte ", "the checksum of the footer is wrong");
        assertNothingImported();
    }

    @Test
    void shouldRefuseBrokenVhdxFiles() throws IOException {
        Path cut = cut(made("cut.vhdx", "vhdx"), 200 << 10);
        assertRefused(cut, "vhdx", cut.toString(), "at byte ", "the file ends at");
        Path sums = made("sums.vhdx", "vhdx");
        put(put(sums, (64 << 10) + 100, entry(1)), (128 << 10) + 100, entry(1));
        assertRefused(sums, "vhdx", sums.toString(), "at byte ", "checksum of both headers is wrong");
        assertNothingImported();
    }

    /** What a guest may have written is not followed to files of the host, and not imported halfway either. */
    @Test
    void shouldNotFollowWhatAGuestWrote() throws IOException {
        Path disk = directory.resolve("guest.img");
        Tool.run("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd", disk, "5M")
                .orFail();
        assertOneLine(varve.tries("import", disk, "bad"), disk.toString(), "--format raw");
        assertOneLine(varve.tries("serve", "--image-file", "bad=" + disk, "--listen", "unix://" + Varve.newSocket()),
                disk.toString(), "--image-format raw");
        assertRefused(disk, "qcow2", disk.toString(), "outside of the directories", "--parent-dir");
        assertNothingImported();
    }
}
