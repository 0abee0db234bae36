package io.varve.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.qcow2.BadQcow2Files;
import io.varve.daemon.format.vhd.BadVhdFiles;
import io.varve.daemon.format.vhdx.BadVhdxFiles;
import io.varve.daemon.io.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each file that the README says is refused is, with the words that stand there, and the store stays as it was. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RefusalsTest {

    private static final String HEADING = "### What is refused, and how";

    private static final byte[] DISK = "a disk ".repeat(700).getBytes(StandardCharsets.US_ASCII);
    /** What shows only when all tables are read. */
    private static final Set<String> IN_TABLES = Set.of("qcow2, data behind the end",
            "qcow2, table of clusters behind the end", "qcow2, two entries with one place",
            "VHD, block behind the end", "VHD, two blocks at one place", "VHD, block on the table",
            "VHDX, a state that is none", "VHDX, block behind the end", "VHDX, two blocks at one place",
            "VHDX, block on the table", "VHDX, part of a block without its sector bitmap");

    @TempDir
    Path temporary;

    private Path directory;
    private Path store;

    /** What a command left behind. */
    private record Outcome(int exitCode, String err) {}

    @BeforeEach
    void makeStore() throws IOException {
        directory = temporary.toRealPath();
        store = directory.resolve("store");
        Path raw = Files.write(directory.resolve("there.raw"), DISK);
        Map<String, byte[]> others = new LinkedHashMap<>(BadQcow2Files.others());
        others.putAll(BadVhdFiles.others());
        others.putAll(BadVhdxFiles.others());
        for (Map.Entry<String, byte[]> other : others.entrySet()) {
            Files.write(directory.resolve(other.getKey()), other.getValue());
        }
        assertThat(run("import", raw, "there").exitCode).isZero();
    }

    @Test
    void shouldRefuseWithTheLinesOfTheReadme() throws IOException {
        Map<String, byte[]> files = badFiles();
        Map<String, String> promised = promised();
        assertThat(promised.keySet()).isEqualTo(files.keySet());
        Map<String, String> before = storeFiles();
        for (Map.Entry<String, byte[]> entry : files.entrySet()) {
            Path file = Files.write(directory.resolve("bad"), entry.getValue());
            Outcome outcome = run("import", file, "bad", "--format", format(entry.getKey()));
            assertRefused(entry.getKey(), pattern(promised.get(entry.getKey()), file), outcome);
            assertThat(storeFiles()).as(entry.getKey()).isEqualTo(before);
        }
        assertThat(run("show", "bad").exitCode).isEqualTo(1);
    }

    /** But for what is in the tables: serving does not read them before somebody asks. */
    @Test
    void shouldServeNoneOfThem() throws IOException {
        Map<String, byte[]> files = badFiles();
        assertThat(files.keySet()).containsAll(IN_TABLES);
        files.keySet().removeAll(IN_TABLES);
        Map<String, String> promised = promised();
        Map<String, String> before = storeFiles();
        for (Map.Entry<String, byte[]> entry : files.entrySet()) {
            Path file = Files.write(directory.resolve("bad"), entry.getValue());
            Outcome outcome = run("serve", "--image-file", "bad=" + file, "--image-format", format(entry.getKey()),
                    "--listen", "unix://" + directory.resolve("nbd.sock"));
            String line = promised.get(entry.getKey()).replace("$FILE is a disk of", "image file $FILE is a disk of")
                    .replace("can be imported", "can be served");
            assertRefused(entry.getKey(), pattern(line, file), outcome);
            assertThat(storeFiles()).as(entry.getKey()).isEqualTo(before);
        }
        assertThat(run("show", "bad").exitCode).isEqualTo(1);
    }

    @Test
    void shouldNotBelieveAHeaderThatAGuestCanWrite() throws IOException {
        Map<String, byte[]> files = badFiles();
        Map<String, String> before = storeFiles();
        for (String name : List.of("qcow2, backing file elsewhere", "qcow2, backing file missing",
                "VHD, parent missing", "VHD, parent changed", "VHDX, parent missing", "VHDX, parents in a circle")) {
            Path file = Files.write(directory.resolve("bad"), files.get(name));
            Outcome outcome = run("import", file, "bad");
            assertThat(outcome.exitCode).as(name).isEqualTo(1);
            assertThat(outcome.err.lines()).as(name).singleElement().asString()
                    .contains(file + " looks like a").contains(" image that has a parent").contains("--format raw");
            assertThat(storeFiles()).as(name).isEqualTo(before);
        }
    }

    /** Who says that a disk is raw, also by naming it so in its child, gets its bytes, whatever they look like. */
    @Test
    void shouldTakeARawDiskForRaw() throws IOException {
        byte[] disk = BadQcow2Files.madeByAGuest("/etc/passwd");
        Path raw = Files.write(directory.resolve("guest.raw"), disk);
        Path child = Files.write(
                directory.resolve("child.qcow2"), BadQcow2Files.childOfRaw("guest.raw", disk.length));
        Path again = directory.resolve("again.raw");
        assertThat(run("import", raw, "one", "--format", "raw")).isEqualTo(new Outcome(0, ""));
        assertThat(run("import", child, "two", "--format", "qcow2").exitCode).isZero();
        for (String image : List.of("one", "two")) {
            assertThat(run("export", image, again, "--format", "raw", "--force").exitCode).as(image).isZero();
            assertThat(Files.readAllBytes(again)).as(image).isEqualTo(disk);
        }
    }

    private static Map<String, byte[]> badFiles() {
        Map<String, byte[]> files = new LinkedHashMap<>(BadQcow2Files.all());
        files.putAll(BadVhdFiles.all());
        files.putAll(BadVhdxFiles.all());
        return files;
    }

    private static String format(String name) {
        return name.substring(0, name.indexOf(',')).toLowerCase(Locale.ROOT);
    }

    private static void assertRefused(String name, Pattern line, Outcome outcome) {
        assertThat(outcome.exitCode).as("%s: %s", name, outcome).isEqualTo(1);
        assertThat(outcome.err.lines()).as(name).singleElement().asString().matches(line);
    }

    /** The lines of the table, by what kind of file they are about. */
    private static Map<String, String> promised() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.exists(root.resolve("native-shim"))) {
            root = root.getParent();
        }
        String text = Files.readString(root.resolve("README.md"));
        assertThat(text).contains(HEADING);
        String section = text.substring(text.indexOf(HEADING) + HEADING.length()).split("\n## ")[0];
        Map<String, String> lines = new LinkedHashMap<>();
        section.lines().filter(line -> line.contains(" | `")).forEach(line -> {
            String[] cells = line.split(" \\| `");
            lines.put(cells[0].substring(2), cells[1].substring(0, cells[1].lastIndexOf('`')));
        });
        return lines;
    }

    /** {@code $FILE} and {@code $DIR} stand for the paths, {@code $N} for a number, {@code $ID} for an identifier. */
    private static Pattern pattern(String promised, Path file) {
        String quoted = Pattern.quote("varve: " + promised)
                .replace("$FILE", file.toString())
                .replace("$DIR", file.getParent().toString())
                .replace("$ID", "\\E[0-9a-f-]{36}\\Q")
                .replace("$N", "\\E[0-9]+\\Q");
        return Pattern.compile(quoted);
    }

    /** But for locks, in which a daemon leaves its number. */
    private Map<String, String> storeFiles() throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(store)) {
            for (Path file : files.filter(Files::isRegularFile).filter(f -> !f.toString().endsWith(".lock")).toList()) {
                digests.put(store.relativize(file).toString(), Sha256.hex(Files.readAllBytes(file)));
            }
        }
        return digests;
    }

    private Outcome run(Object... words) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] args = Stream.concat(Stream.of("--store", store), Stream.of(words))
                .map(Object::toString).toArray(String[]::new);
        int exitCode = Main.run(args, new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Outcome(exitCode, err.toString(StandardCharsets.UTF_8));
    }
}
