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
        Path raw = Files.write(directory.resolve("there.raw"), new byte[5000]);
        Files.write(directory.resolve("there.vhd"), BadVhdFiles.other());
        assertThat(run("import", raw, "there").exitCode).isZero();
    }

    @Test
    void shouldRefuseWithTheLinesOfTheReadme() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>(BadQcow2Files.all());
        files.putAll(BadVhdFiles.all());
        files.putAll(BadVhdxFiles.all());
        Map<String, String> promised = promised();
        assertThat(promised.keySet()).isEqualTo(files.keySet());
        Map<String, String> before = storeFiles();
        for (Map.Entry<String, byte[]> entry : files.entrySet()) {
            Path file = Files.write(directory.resolve("bad"), entry.getValue());
            String format = entry.getKey().substring(0, entry.getKey().indexOf(',')).toLowerCase(Locale.ROOT);
            Pattern line = pattern(promised.get(entry.getKey()), file);
            assertRefused(entry.getKey(), line, run("import", file, "bad", "--format", format));
            assertThat(storeFiles()).as(entry.getKey()).isEqualTo(before);
        }
    }

    @Test
    void shouldServeNoneOfThem() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        BadQcow2Files.all().forEach((name, bytes) -> files.put(name, bytes));
        files.keySet().retainAll(
                List.of("qcow2, encrypted (LUKS)", "qcow2, backing file elsewhere", "qcow2, size above 2^63"));
        files.put("VHDX, parent missing", BadVhdxFiles.all().get("VHDX, parent missing"));
        files.put("VHD, parent changed", BadVhdFiles.all().get("VHD, parent changed"));
        Map<String, String> promised = promised();
        for (Map.Entry<String, byte[]> entry : files.entrySet()) {
            Path file = Files.write(directory.resolve("bad"), entry.getValue());
            String format = entry.getKey().substring(0, entry.getKey().indexOf(',')).toLowerCase(Locale.ROOT);
            Outcome outcome = run("serve", "--image-file", "bad=" + file, "--image-format", format,
                    "--listen", "unix://" + directory.resolve("nbd.sock"));
            assertRefused(entry.getKey(), pattern(promised.get(entry.getKey()), file), outcome);
        }
        assertThat(run("show", "bad").exitCode).isEqualTo(1);
    }

    @Test
    void shouldNotBelieveAHeaderThatAGuestCanWrite() throws IOException {
        Map<String, String> before = storeFiles();
        Path file = Files.write(
                directory.resolve("bad"), BadQcow2Files.all().get("qcow2, backing file elsewhere"));
        Outcome outcome = run("import", file, "bad");

        assertThat(outcome.exitCode).isEqualTo(1);
        assertThat(outcome.err.lines()).singleElement().asString()
                .contains(file + " looks like a qcow2 image that has a parent").contains("--format raw");
        assertThat(storeFiles()).isEqualTo(before);
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

    private Map<String, String> storeFiles() throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(store)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
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
