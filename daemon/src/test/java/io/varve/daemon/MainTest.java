package io.varve.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.ProfileFile;
import io.varve.daemon.boot.TestSequences;
import io.varve.daemon.io.NativeFileSpace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line as scripts see it: exit codes, streams, and one line for every mistake. */
class MainTest {

    private static final int DONE = 0;
    private static final int FAILED = 1;
    private static final int WRONG_USAGE = 2;

    @TempDir
    Path temporary;

    private Path raw;

    /** What a command left behind. */
    private record Outcome(int exitCode, String out, String err) {}

    @BeforeEach
    void makeAnImage() throws IOException {
        byte[] content = new byte[5 * 4096 + 512];
        Arrays.fill(content, 4096, 3 * 4096, (byte) 'v');
        raw = Files.write(temporary.resolve("disk.raw"), content);
    }

    private Outcome run(Object... words) {
        List<String> args = new ArrayList<>(List.of("--store", temporary.resolve("store").toString()));
        Arrays.stream(words).map(Object::toString).forEach(args::add);
        return runPlain(args.toArray());
    }

    private static Outcome runPlain(Object... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = Main.run(Arrays.stream(words).map(Object::toString).toArray(String[]::new),
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Outcome(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private Outcome done(Object... words) {
        Outcome outcome = run(words);
        assertThat(outcome.exitCode).as("%s", outcome).isEqualTo(DONE);
        assertThat(outcome.err).as("%s", outcome).isEmpty();
        return outcome;
    }

    private void refused(int exitCode, List<Object> words, String... inTheLine) {
        Outcome outcome = run(words.toArray());
        assertThat(outcome.exitCode).as("%s", outcome).isEqualTo(exitCode);
        assertThat(outcome.err.lines()).as("%s", outcome).singleElement().asString()
                .startsWith("varve: ").contains(inTheLine);
        assertThat(outcome.out).as("%s", outcome).isEmpty();
    }

    @Test
    void shouldRefuseWrongUsageWithOneLine() {
        refused(WRONG_USAGE, List.of("nonsense"), "'nonsense' is not a command", "varve --help");
        refused(WRONG_USAGE, List.of(), "a command is missing");
        refused(WRONG_USAGE, List.of("boot"), "a command is missing", "varve boot --help");
        refused(WRONG_USAGE, List.of("boot", "dance"), "varve boot --help");
        refused(WRONG_USAGE, List.of("--nonsense", "images"), "--nonsense");
        refused(WRONG_USAGE, List.of("images", "--nonsense"), "--nonsense", "varve images --help");
        refused(WRONG_USAGE, List.of("import"), "FILE", "IMAGE", "varve import --help");
        refused(WRONG_USAGE, List.of("import", raw, "a/../b"), "a/../b");
        refused(WRONG_USAGE, List.of("import", raw, "win@pc"), "without a client");
        refused(WRONG_USAGE, List.of("tag", "win", "\u0007bell"), "?bell");
        refused(WRONG_USAGE, List.of("reset", "win"), "IMAGE@CLIENT");
        refused(WRONG_USAGE, List.of("show", "win@../.."), "IMAGE[@CLIENT]");
        refused(WRONG_USAGE, List.of("reset", "win@../.."), "win@../..".substring(4));
        refused(WRONG_USAGE, List.of("serve", "--listen", "carrier-pigeon://coop"), "carrier-pigeon", "unix:///path");
        refused(WRONG_USAGE, List.of("serve", "--overlay", "sometimes"), "--overlay", "sometimes", "reset-on-boot");
        refused(WRONG_USAGE, List.of("serve", "--quota", "plenty"), "--quota", "'plenty' is no size");
        refused(WRONG_USAGE, List.of("serve", "--quota", "9999999999T"), "--quota", "is no size");
        refused(WRONG_USAGE, List.of("serve", "--quota", "4095"), "--quota is at least a page");
        refused(WRONG_USAGE, List.of("serve", "--memory", "1G"), "--memory is for --overlay memory");
        refused(WRONG_USAGE, List.of("serve", "--overlay", "memory", "--memory", "1K"), "--memory is at least 1.0 MiB");
        refused(WRONG_USAGE, List.of("serve", "--agents", "0"), "--agents is 1 to 64");
        refused(WRONG_USAGE, List.of("serve", "--agents", "many"), "--agents");
        refused(WRONG_USAGE, List.of("serve", "--listen", "tcp://127.0.0.1:70000"), "70000");
        refused(WRONG_USAGE, List.of("demo", "--size", "1"), "--size is 16 to 1024");
        refused(WRONG_USAGE, List.of("images", "one-too-many"), "one-too-many");
    }

    @Test
    void shouldRefuseWhatIsNotThereWithOneLine() throws IOException {
        refused(FAILED, List.of("images"), "there is none yet");
        done("import", raw, "win");
        refused(FAILED, List.of("show", "mac"), "image mac: not in the store", "varve images");
        refused(FAILED, List.of("show", "win@pc1"), "overlay win@pc1", "varve overlays");
        refused(FAILED, List.of("tag", "mac", "mac:v2"), "image mac");
        refused(FAILED, List.of("rm", "mac"), "image mac");
        refused(FAILED, List.of("reset", "win@pc1"), "overlay win@pc1", "varve overlays");
        refused(FAILED, List.of("commit", "win@pc1", "mac"), "overlay win@pc1");
        refused(FAILED, List.of("boot", "show", "win"), "nothing learned yet");
        refused(FAILED, List.of("boot", "forget", "mac"), "image mac");
        refused(FAILED, List.of("status"), "no daemon", "varve serve");
        refused(FAILED, List.of("serve", "mac", "--listen", "unix://" + temporary.resolve("s")), "image mac");
        refused(FAILED, List.of("import", temporary.resolve("none.raw"), "mac"), "none.raw");
        refused(FAILED, List.of("import", temporary, "mac"), temporary.toString());
        refused(FAILED, List.of("import", raw, "win"), "image win: already in the store");
        refused(FAILED, List.of("import", raw, "mac", "--parent", "linux"), "image linux");
        refused(FAILED, List.of("import", raw, "mac", "--format", "ntfs"),
                raw.toString(), "ntfs", "auto, raw, qcow2, vhd, vhdx");
        assertThat(runPlain("--store", raw, "images").err).contains("a file is in its place");
        assertThat(done("images").out.lines()).hasSize(2);
    }

    @Test
    void shouldRefuseAnAddressThatIsTaken() throws IOException {
        done("import", raw, "win");
        try (ServerSocket taken = new ServerSocket(0)) {
            refused(FAILED, List.of("serve", "--listen", "tcp://127.0.0.1:" + taken.getLocalPort()),
                    "" + taken.getLocalPort());
        }
        Path file = Files.createFile(temporary.resolve("file"));
        refused(FAILED, List.of("serve", "--listen", "unix://" + file), file.toString());
        assertThat(file).exists();
        refused(FAILED, List.of("serve", "--listen", "unix://" + temporary.resolve("no/where/s")), "no/where/s");
    }

    @Test
    void shouldTellWhatIsInTheStore() {
        assertThat(done("import", raw, "win:v1").out).contains("imported win:v1", "8.0 KiB stored, 1 layer");
        done("tag", "win:v1", "stable");
        assertThat(done("images").out).contains("win:v1", "stable", "20.5 KiB", "disk.raw");
        assertThat(done("images", "--json").out).contains("\"image\" : \"win:v1\"", "\"size\" : 20992");
        assertThat(done("show", "stable").out).contains("20992 bytes", "8.0 KiB");
        assertThat(done("show", "stable", "--json").out).contains("\"dataBytes\" : 8192", "\"boot\" : null");
        assertThat(done("overlays").out.lines()).hasSize(1);
        assertThat(done("overlays", "--json").out.strip()).isEqualTo("[ ]");
        assertThat(done("boot", "forget", "stable").out).contains("nothing was learned");
        assertThat(done("rm", "win:v1").out).contains("removed win:v1, 0 B freed");
        assertThat(done("rm", "stable").out).contains("freed").doesNotContain(" 0 B");
        assertThat(done("images").out.lines()).hasSize(1);
    }

    @Test
    void shouldVerifyEverythingAndTellTheExactRangeOfDamage() throws IOException {
        done("import", raw, "win");
        done("tag", "win", "win:v2");
        assertThat(done("verify").out).isEqualTo("all is well: 2 images, 1 layer, 0 overlays\n");
        assertThat(done("verify", "win", "--json").out).contains("\"damages\" : [ ]");
        refused(FAILED, List.of("verify", "mac"), "image mac");
        Path pages = blobFile("pages");
        flipBit(pages, 4096 + 17);

        Outcome outcome = run("verify");

        assertThat(outcome.exitCode).isEqualTo(FAILED);
        assertThat(outcome.out).startsWith("win, win:v2: layer ")
                .contains(pages + ": bytes 4096 to 8191: its checksum is wrong (page 1 of the blob, "
                        + "page 2 of the disk)");
        assertThat(outcome.err.lines()).singleElement().asString().contains("1 damaged place");
        Outcome asJson = run("verify", "win", "--json");
        assertThat(asJson.exitCode).isEqualTo(FAILED);
        assertThat(asJson.out).contains("\"position\" : 4096", "\"length\" : 4096", "\"first\" : 2");
    }

    private Path blobFile(String name) throws IOException {
        try (Stream<Path> files = Files.walk(temporary.resolve("store/blobs"))) {
            return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
        }
    }

    private static void flipBit(Path file, int position) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[position] ^= 4;
        assertThat(file.toFile().setWritable(true)).isTrue();
        Files.write(file, content);
    }

    @Test
    void shouldImportAsJsonToo() {
        assertThat(done("import", raw, "win", "--json").out).contains("\"storedBytes\" : 8192", "\"parent\" : null");
    }

    @Test
    void shouldExportWhatWasImported() throws IOException {
        done("import", raw, "win");
        Path copy = temporary.resolve("copy.img");
        assertThat(done("export", "win", copy).out).contains("exported win to ", ": raw, 20.5 KiB, 8.0 KiB written");
        assertThat(Files.mismatch(raw, copy)).isEqualTo(-1);
        refused(FAILED, List.of("export", "win", copy), copy + " exists already", "--force");
        assertThat(done("export", "win", copy, "--force", "--format", "vhd", "--fixed", "--json").out)
                .contains("\"format\" : \"vhd\"", "\"fileLength\" : " + (Files.size(raw) + 512));
    }

    @Test
    void shouldRefuseToExportWhatCannotBe() throws IOException {
        done("import", raw, "win");
        Path file = temporary.resolve("x.vhd");
        refused(WRONG_USAGE, List.of("export", "win"), "FILE", "varve export --help");
        refused(WRONG_USAGE, List.of("export", "win", temporary.resolve("x")), "--format", "raw, qcow2, vhd, vhdx");
        refused(WRONG_USAGE, List.of("export", "win", file, "--format", "vmdk"), "not 'vmdk'");
        refused(WRONG_USAGE, List.of("export", "win", file, "--compress"), "--compress is for --format qcow2");
        refused(WRONG_USAGE, List.of("export", "win", temporary.resolve("x.vhdx"), "--fixed"), "--fixed");
        refused(WRONG_USAGE, List.of("export", "win", file, "--fixed", "--parent", raw), "--parent");
        refused(WRONG_USAGE, List.of("export", "win", temporary.resolve("x.qcow2"), "--parent", raw), "--parent");
        refused(WRONG_USAGE, List.of("export", "win", file, "--parent-dir", temporary), "--parent-dir");
        refused(WRONG_USAGE, List.of("export", "a/../b", file), "a/../b");
        refused(FAILED, List.of("export", "mac", file), "image mac");
        refused(FAILED, List.of("export", "win@pc", file), "overlay win@pc");
        refused(FAILED, List.of("export", "win", temporary.resolve("none/x.vhd")), "there is no directory");
        refused(FAILED, List.of("export", "win", temporary, "--format", "raw"), "is a directory");
        refused(FAILED, List.of("export", "win", file, "--parent", temporary.resolve("y.vhd")), "there is no file");
        refused(FAILED, List.of("export", "win", file, "--parent", raw), raw.toString());
        assertThat(file).doesNotExist();
    }

    @Test
    void shouldMoveWhatBootsHaveTaught() throws IOException {
        done("import", raw, "win");
        Path learned = temporary.resolve("learned");
        ProfileFile.write(new NativeFileSpace(), temporary.resolve("new"), learned, "any",
                TestSequences.profile(6, 5, 1));
        assertThat(done("boot", "import", learned, "win").out).contains("imported for win", "1 boot, 1 variant");
        assertThat(done("boot", "show", "win").out)
                .contains("SUPPORT", "4096", "20.0 KiB", "100 %", "from 1 boot merged, 0 that brought nothing new");
        assertThat(done("boot", "show", "win", "--json").out)
                .contains("\"rangeCount\" : 1", "\"variants\" :", "\"support\" : 1.0", "\"mergedCount\" : 1");
        assertThat(done("show", "win", "--json").out).contains("\"bootCount\" : 1", "\"variantCount\" : 1");
        Path file = temporary.resolve("win.boot");
        assertThat(done("boot", "export", "win", file, "--json").out).contains("\"bootCount\" : 1");
        refused(FAILED, List.of("boot", "export", "win", file), "win.boot", "exists already");
        done("boot", "forget", "win");
        refused(FAILED, List.of("boot", "export", "win", temporary.resolve("no")), "nothing learned yet");
        done("boot", "import", file, "win");
        assertThat(done("boot", "show", "win").out).contains("1 boot merged");
        ProfileFile.write(new NativeFileSpace(), temporary.resolve("new"), learned, "any",
                TestSequences.profile(7, 5, 1));
        refused(FAILED, List.of("boot", "import", learned, "win"), "28672 bytes", "win has 20992");
        refused(FAILED, List.of("boot", "import", raw, "win"), "no boot profile");
        refused(FAILED, List.of("boot", "import", temporary.resolve("none"), "win"), "no such file");
    }

    @Test
    void shouldHelpWithEveryCommand() {
        Outcome top = runPlain("--help");
        assertThat(top.exitCode).isEqualTo(DONE);
        assertThat(top.err).isEmpty();
        for (String command : List.of("demo", "import", "export", "images", "show", "tag", "rm", "serve", "overlays",
                "reset", "commit", "boot", "verify", "status")) {
            assertThat(top.out).contains("\n  " + command);
            Outcome help = runPlain(command, "--help");
            assertThat(help.exitCode).as(command).isEqualTo(DONE);
            assertThat(help.out).as(command).contains("Usage: varve " + command);
        }
        assertThat(runPlain("boot", "show", "--help").out).contains("Usage: varve boot show");
        assertThat(runPlain("--version").out).startsWith("varve ");
    }

    @Test
    void shouldTakeTheStoreBeforeOrBehindTheCommand() {
        done("import", raw, "win");
        String store = temporary.resolve("store").toString();
        assertThat(runPlain("--store", store, "images").out).contains("win");
        assertThat(runPlain("images", "--store", store).out).contains("win");
        assertThat(runPlain("--store=" + store, "images").out).contains("win");
        assertThat(runPlain("--store", temporary.resolve("none"), "images", "--store", store).out).contains("win");
    }
}
