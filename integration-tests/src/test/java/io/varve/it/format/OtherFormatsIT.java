package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Repository;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Formats that are read through QEMU: made by qemu-img, imported, and compared with what qemu-img reads. */
class OtherFormatsIT {

    private static final long SIZE = 24 * RawImages.MIB + 7 * 512;

    @TempDir
    private Path directory;
    private Path images;
    private Varve varve;

    @BeforeEach
    void directories() throws IOException {
        images = Files.createDirectories(directory.toRealPath().resolve("images"));
        varve = new Varve(directory.resolve("store"));
    }

    @Test
    void shouldImportWhatQemuReads() throws Exception {
        Path raw = RawImages.mixed(images.resolve("disk.raw"), SIZE, 1);
        Path empty = images.resolve("empty.raw");
        Tool.run("truncate", "-s", 3 * RawImages.MIB, empty);
        Path full = images.resolve("full.raw");
        RawImages.scribble(full, 0, 5 * RawImages.MIB, 2);
        convert(raw, "sparse.vmdk", "vmdk", "-o", "subformat=monolithicSparse");
        convert(raw, "stream.vmdk", "vmdk", "-o", "subformat=streamOptimized");
        convert(raw, "disk.vdi", "vdi");
        convert(raw, "disk.qed", "qed");
        convert(raw, "disk.parallels", "parallels");
        convert(empty, "empty.vmdk", "vmdk");
        convert(full, "full.vdi", "vdi");
        Map<String, Path> sources = Map.of("sparse.vmdk", raw, "stream.vmdk", raw, "disk.vdi", raw, "disk.qed", raw,
                "disk.parallels", raw, "empty.vmdk", empty, "full.vdi", full);
        for (String file : sources.keySet()) {
            Tool.Outcome outcome = varve.run("import", images.resolve(file), "x:" + file);
            assertThat(outcome.errorLines()).containsExactly("reading " + images.resolve(file) + " through qemu-nbd ("
                    + file.substring(file.indexOf('.') + 1) + ")");
        }
        try (Daemon daemon = varve.serve("--overlay", "none")) {
            sources.forEach((file, source) -> assertServed(daemon, "x:" + file, source));
        }
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void shouldFollowExtentsOnlyWhenToldAndOnlyWhereAllowed() throws Exception {
        Path raw = RawImages.mixed(images.resolve("disk.raw"), SIZE, 3);
        Path flat = convert(raw, "flat.vmdk", "vmdk", "-o", "subformat=monolithicFlat");
        Path split = convert(raw, "split.vmdk", "vmdk", "-o", "subformat=twoGbMaxExtentSparse");
        assertRefused("say --format vmdk", "import", flat, "x");
        varve.run("import", flat, "x:flat", "--format", "vmdk");
        varve.run("import", split, "x:split", "--format", "vmdk");

        Path elsewhere = Files.createDirectories(directory.toRealPath().resolve("elsewhere"));
        Path secret = elsewhere.resolve("flat-flat.vmdk");
        Files.move(images.resolve("flat-flat.vmdk"), secret);
        Files.writeString(flat, Files.readString(flat).replace("\"flat-flat.vmdk\"", "\"" + secret + "\""));
        assertRefused("lies outside of the directories", "import", flat, "y", "--format", "vmdk");
        Files.createSymbolicLink(images.resolve("flat-flat.vmdk"), secret);
        Files.writeString(flat, Files.readString(flat).replace("\"" + secret + "\"", "\"flat-flat.vmdk\""));
        assertRefused("lies outside of the directories", "import", flat, "y", "--format", "vmdk");
        varve.run("import", flat, "x:far", "--format", "vmdk", "--parent-dir", elsewhere);
        try (Daemon daemon = varve.serve("--overlay", "none")) {
            for (String name : List.of("flat", "split", "far")) {
                assertServed(daemon, "x:" + name, raw);
            }
        }
    }

    @Test
    void shouldNotGiveAwayFilesThatAGuestNames() throws Exception {
        Path secret = RawImages.mixed(images.resolve("secret.raw"), RawImages.MIB, 4);
        Path parent = images.resolve("parent.vmdk");
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", secret, parent);
        // As a guest can write it: a sparse extent that has a parent, one that is only a descriptor, and QED.
        Path child = images.resolve("child.img");
        Tool.run("qemu-img", "create", "-q", "-f", "vmdk", "-b", parent, "-F", "vmdk", child);
        assertRefused("needs " + parent, "import", child, "x");
        Path descriptor = images.resolve("descriptor.img");
        Files.write(descriptor, headerWithDescriptor("RW 2048 FLAT \"" + secret + "\" 0"));
        assertRefused("say --format vmdk", "import", descriptor, "x");
        Path qed = images.resolve("qed.img");
        Tool.run("qemu-img", "create", "-q", "-f", "qed", "-b", secret, "-F", "raw", qed);
        assertRefused("a backing file, which is not followed", "import", qed, "x");
        assertRefused("a backing file, which is not followed", "import", qed, "x", "--format", "qed");

        varve.run("import", child, "x:child", "--format", "vmdk");
        varve.run("import", child, "x:raw", "--format", "raw");
        try (Daemon daemon = varve.serve("--overlay", "none")) {
            assertServed(daemon, "x:child", secret);
            assertServed(daemon, "x:raw", child);
        }
        assertThat(varve.run("images").out()).doesNotContain("secret");
    }

    @Test
    void shouldSayWhatToInstall() throws Exception {
        Path vdi = convert(RawImages.mixed(images.resolve("disk.raw"), RawImages.MIB, 5), "disk.vdi", "vdi");
        Path programs = Files.createDirectory(directory.resolve("programs"));
        try (Stream<Path> all = Files.list(Path.of("/usr/bin"))) {
            for (Path program : all.filter(file -> !file.getFileName().toString().startsWith("qemu-")).toList()) {
                Files.createSymbolicLink(programs.resolve(program.getFileName()), program);
            }
        }
        varve.run("images", "--help");
        Tool.Outcome outcome = Tool.of(Repository.ROOT.resolve("daemon/bin/varve"), "import", vdi, "x")
                .with("PATH", programs).with("VARVE_STORE", varve.store()).run();

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.errorLines()).singleElement().asString()
                .contains(vdi + " can be read only through QEMU's qemu-nbd (vdi), which is not installed")
                .contains("apt install qemu-utils").contains("--format raw");
    }

    @Test
    void shouldLeaveNothingOfAFileThatIsCutOff() throws Exception {
        Path raw = RawImages.mixed(images.resolve("disk.raw"), SIZE, 6);
        varve.run("import", raw, "disk");
        Map<String, Long> before = storeFiles();
        Path sparse = convert(raw, "sparse.vmdk", "vmdk");
        Path stream = convert(raw, "stream.vmdk", "vmdk", "-o", "subformat=streamOptimized");
        for (Path file : List.of(sparse, stream)) {
            long size = Files.size(file);
            for (long cut : new long[] {size - 70_000, size / 3}) {
                try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                    open.setLength(cut);
                }
                Tool.Outcome outcome = varve.tries("import", file, "x");
                assertThat(outcome.exitCode()).as(outcome.toString()).isEqualTo(1);
                List<String> lines = outcome.errorLines();
                assertThat(lines.get(lines.size() - 1)).contains(file + " cannot be read through qemu-nbd (vmdk)");
                // What was found out only behind the beginning comes behind the notice.
                assertThat(lines.subList(0, lines.size() - 1)).isSubsetOf(
                        "reading " + file + " through qemu-nbd (vmdk)");
                assertThat(storeFiles()).isEqualTo(before);
            }
        }
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void shouldLeaveNoHelperBehindWhenItIsStopped() throws Exception {
        Path raw = images.resolve("disk.raw");
        for (int i = 0; i < 8; i++) {
            RawImages.scribble(raw, i * 300L * RawImages.MIB, 32 * RawImages.MIB, 7 + i);
        }
        Path vdi = convert(raw, "disk.vdi", "vdi");
        varve.run("import", convert(RawImages.mixed(images.resolve("small"), 4096, 8), "small.vdi", "vdi"), "disk");
        Map<String, Long> before = storeFiles();
        for (String signal : List.of("INT", "TERM", "KILL")) {
            stopInTheMiddle(vdi, signal);
            Await.until("the end of qemu-nbd after SIG" + signal, Duration.ofSeconds(20),
                    () -> leftovers().isEmpty(), () -> String.join("\n", leftovers()));
            if (!signal.equals("KILL")) {
                assertThat(storeFiles()).as(signal).isEqualTo(before);
            }
        }
        assertThat(varve.run("images").out()).doesNotContain("x:");
    }

    private void stopInTheMiddle(Path file, String signal) throws Exception {
        Path said = directory.resolve("said-" + signal);
        // Whoever runs the tests in the background may have told all of their processes to ignore SIGINT.
        ProcessBuilder builder = new ProcessBuilder("env", "--default-signal=INT",
                Repository.ROOT.resolve("daemon/bin/varve").toString(), "import", file.toString(), "x")
                .redirectErrorStream(true).redirectOutput(said.toFile());
        builder.environment().put("VARVE_STORE", varve.store().toString());
        Process process = builder.start();
        try {
            Await.until("the notice", Duration.ofSeconds(60), () -> read(said).contains("through qemu-nbd"),
                    () -> read(said));
            assertThat(leftovers()).as("while it runs").isNotEmpty();
            Tool.run("kill", "-" + signal, process.pid());
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(read(said)).isGreaterThan(128);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A sparse header that says: look into the descriptor behind me. */
    private static byte[] headerWithDescriptor(String extent) {
        byte[] bytes = new byte[RawImages.MIB];
        byte[] magic = {'K', 'D', 'M', 'V', 1, 0, 0, 0};
        System.arraycopy(magic, 0, bytes, 0, magic.length);
        bytes[28] = 1;
        bytes[36] = 20;
        byte[] text = ("# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
                + "createType=\"monolithicFlat\"\n" + extent + "\n").getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, bytes, 512, text.length);
        return bytes;
    }

    private Path convert(Path raw, String name, String format, Object... options) {
        Path file = images.resolve(name);
        Tool.run(Stream.of(Stream.of("qemu-img", "convert", "-f", "raw", "-O", format), Stream.of(options),
                Stream.of(raw, file)).flatMap(words -> words).toArray());
        return file;
    }

    private void assertServed(Daemon daemon, String export, Path raw) {
        Tool.Outcome outcome = Tool.of("qemu-img", "compare", "-f", "raw", "-F", "raw", daemon.uri(export), raw).run();
        assertThat(outcome.exitCode()).as(export + ": " + outcome).isZero();
        assertThat(outcome.out()).as(export).contains("Images are identical").doesNotContain("size mismatch");
    }

    private void assertRefused(String why, Object... command) {
        Tool.Outcome outcome = varve.tries(command);
        assertThat(outcome.exitCode()).as(outcome.toString()).isEqualTo(1);
        assertThat(outcome.errorLines()).hasSize(1);
        assertThat(outcome.err()).contains(why);
        assertThat(leftovers()).isEmpty();
    }

    /** Sizes by name. */
    private Map<String, Long> storeFiles() throws IOException {
        Map<String, Long> sizes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(varve.store())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sizes.put(varve.store().relativize(file).toString(), Files.size(file));
            }
        }
        return sizes;
    }

    /** Processes on our files, and directories for sockets. */
    private List<String> leftovers() {
        List<String> processes = ProcessHandle.allProcesses()
                .flatMap(process -> process.info().commandLine().stream())
                .filter(line -> line.contains("qemu-nbd") && line.contains(images.toString()))
                .toList();
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return Stream.concat(processes.stream(), files.map(Path::toString)
                    .filter(file -> file.contains("/varve-import"))).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
