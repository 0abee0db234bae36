package io.varve.it.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.it.tool.Daemon;
import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.client.NbdException;
import io.varve.nbd.export.NbdError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that lies: one flipped bit in a sealed layer. */
class VerifyIT {

    private static final int PAGE_SIZE = 4096;
    private static final int PAGE_COUNT = 512;

    @TempDir
    Path directory;

    /** Every page is data, so that page n of the disk is page n of its only blob. */
    private Served servedData() {
        Path raw = directory.resolve("full.raw");
        RawImages.scribble(raw, 0, PAGE_COUNT * PAGE_SIZE, 61);
        return Served.image(directory, raw);
    }

    private static Path pagesOfOnlyBlob(Served served) throws IOException {
        try (Stream<Path> files = Files.walk(served.varve().store().resolve("blobs"))) {
            return files.filter(file -> file.endsWith("pages")).reduce((a, b) -> {
                throw new AssertionError("two blobs");
            }).orElseThrow();
        }
    }

    /** What a failing disk does, whatever the permissions of the file say. */
    private static void flipBit(Path file, long position) throws IOException {
        assertThat(file.toFile().setWritable(true)).isTrue();
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, position);
            one.put(0, (byte) (one.get(0) ^ 0x10)).rewind();
            channel.write(one, position);
        }
    }

    @Test
    void shouldFindNothingWrongWithAGoodStore() {
        try (Served served = servedData()) {
            served.varve().run("verify");
            served.varve().run("verify", "disk");
        }
    }

    @Test
    void shouldFindAFlippedBit() throws IOException {
        try (Served served = servedData()) {
            served.daemon().stop();
            Path pages = pagesOfOnlyBlob(served);
            flipBit(pages, 100 * PAGE_SIZE + 7);

            Tool.Outcome outcome = served.varve().tries("verify");

            assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(1);
            assertThat(outcome.out() + outcome.err()).contains(pages.getParent().getFileName().toString(), "page 100");
            assertThat(outcome.errorLines()).as("%s", outcome).hasSize(1);
        }
    }

    @Test
    void shouldAnswerEioForTheBadPageAndNothingElse() throws IOException {
        try (Served served = servedData()) {
            flipBit(pagesOfOnlyBlob(served), 100 * PAGE_SIZE + 7);
            try (NbdClient client = served.daemon().connect("disk@alice")) {
                assertEio(() -> client.read(100 * PAGE_SIZE, PAGE_SIZE));
                assertEio(() -> client.read(100 * PAGE_SIZE + 4000, 10));
                assertEio(() -> client.read(0, PAGE_COUNT * PAGE_SIZE));

                assertReads(served, client, 0, 100);
                assertReads(served, client, 101, PAGE_COUNT - 101);
                client.write(100 * PAGE_SIZE, new byte[PAGE_SIZE]);
                assertThat(client.read(100 * PAGE_SIZE, PAGE_SIZE)).isEqualTo(new byte[PAGE_SIZE]);
                client.disconnect();
            }
            assertThat(served.daemon().log()).contains("byte " + 100 * PAGE_SIZE);
        }
    }

    /** Two layers, zeros in between: a page of the blob is another page of the disk, and both are told. */
    @Test
    void shouldTellImageLayerPagesAndFileOfDamageThatClientsMeetExactlyThere() throws IOException {
        Path raw = directory.resolve("gaps.raw");
        RawImages.scribble(raw, 50 * PAGE_SIZE, (PAGE_COUNT - 50) * PAGE_SIZE, 62);
        try (Served served = Served.image(directory, raw)) {
            Path pages = pagesOfOnlyBlob(served);
            importNextTo(served, raw);
            flipBit(pages, 100 * PAGE_SIZE + 7);
            flipBit(pages, 101 * PAGE_SIZE + 4095);

            Tool.Outcome outcome = served.varve().tries("verify", "--json");

            assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(1);
            assertThat(outcome.errorLines()).singleElement().asString().contains("1 damaged place");
            Json damages = outcome.json().at("damages");
            assertThat(damages.all()).as("%s", outcome).hasSize(1);
            Json layers = served.varve().run("show", "disk", "--json").json().at("layers");
            assertThat(damages.at(0, "users").value()).isEqualTo(List.of("disk", "disk:v2"));
            assertThat(damages.text(0, "layer")).isEqualTo(layers.text(0, "id"));
            assertThat(damages.text(0, "file")).isEqualTo(pages.toString());
            assertThat(damages.number(0, "position")).isEqualTo(100 * PAGE_SIZE);
            assertThat(damages.number(0, "length")).isEqualTo(2 * PAGE_SIZE);
            assertThat(damages.number(0, "diskPages", 0, "first")).isEqualTo(150);
            assertThat(damages.number(0, "diskPages", 0, "count")).isEqualTo(2);
            assertThat(damages.at(0, "diskPages").all()).hasSize(1);

            assertOnlyTheseFail(served, "disk@alice", raw);
            assertOnlyTheseFail(served, "disk:v2", directory.resolve("next.raw"));
            assertThat(Tool.of("qemu-io", "-r", "-f", "raw", "-c", "read 614400 8192", served.uri("disk")).run().out())
                    .contains("Input/output error");
            Tool.run("qemu-io", "-r", "-f", "raw", "-c", "read 0 614400", "-c", "read 622592 1474560",
                    served.uri("disk"));
            Path copy = directory.resolve("copy.raw");
            Tool.run("nbdcopy", served.uri("other"), copy);
            assertThat(Files.mismatch(copy, directory.resolve("other.raw"))).isEqualTo(-1);
            served.varve().run("verify", "other");
        }
    }

    /** A second version over the image, which still shows the bad pages, and an image of its own. */
    private void importNextTo(Served served, Path raw) throws IOException {
        Path next = Files.copy(raw, directory.resolve("next.raw"));
        RawImages.scribble(next, 300 * PAGE_SIZE, 4 * PAGE_SIZE, 63);
        served.varve().run("import", next, "disk:v2", "--parent", "disk");
        served.varve().run("import", RawImages.mixed(directory.resolve("other.raw"), RawImages.MIB, 64), "other");
    }

    /** A real client reads every page by itself: two are EIO, each time, and the others are what was imported. */
    private static void assertOnlyTheseFail(Served served, String export, Path raw) {
        Tool.Outcome outcome = Tool.run("nbdsh", "-c", """
                import errno
                raw = open('%s', 'rb').read()
                h.connect_uri('%s')
                failed = []
                for page in list(range(len(raw) // 4096)) * 2:
                    try:
                        assert h.pread(4096, page * 4096) == raw[page * 4096:page * 4096 + 4096], page
                    except nbd.Error as e:
                        assert e.errnum == errno.EIO, e
                        failed.append(page)
                print('failed', failed)
                """.formatted(raw, served.uri(export)));
        assertThat(outcome.out()).isEqualTo("failed [150, 151, 150, 151]\n");
    }

    @Test
    void shouldVerifyOverlaysAndSayWhichAreInUse() throws IOException {
        try (Served served = servedData()) {
            try (NbdClient client = served.daemon().connect("disk@alice")) {
                client.write(0, new byte[3 * PAGE_SIZE]);
                client.flush();
                assertThat(served.varve().run("verify").out()).contains("disk@alice: in use", "1 overlay");
                client.disconnect();
            }
            served.daemon().stop();
            assertThat(served.varve().run("verify").out()).doesNotContain("in use").contains("1 overlay");
            Path overlay = served.varve().store().resolve("overlays/disk/latest/alice");
            for (String name : List.of("meta", "map0", "map1")) {
                flipBit(overlay.resolve(name), 40);
                Tool.Outcome outcome = served.varve().tries("verify");
                assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(1);
                assertThat(outcome.out()).as("%s", outcome).contains("disk@alice: " + overlay.resolve(name));
                flipBit(overlay.resolve(name), 40);
            }
            served.varve().run("verify");
        }
    }

    @Test
    void shouldScrubInTheBackgroundUnlessToldNotTo() {
        Path raw = RawImages.mixed(directory.resolve("small.raw"), RawImages.MIB, 65);
        try (Served served = Served.image(directory, raw)) {
            Json scrub = served.varve().run("status", "--json").json().at("scrub");
            assertThat(scrub.number("rate")).isEqualTo(RawImages.MIB);
            assertThat(scrub.at("damages").all()).isEmpty();
            assertThat(served.varve().run("status").out()).contains("scrub       waiting for the next pass, 0 passes");
            served.daemon().stop();
            try (Daemon other = served.varve().serve("--scrub-rate", "0")) {
                assertThat(served.varve().run("status").out()).contains("scrub       off");
            }
            assertThat(served.varve().tries("serve", "--scrub-rate", "fast").exitCode()).isEqualTo(2);
        }
    }

    private static void assertReads(Served served, NbdClient client, int page, int pageCount) throws IOException {
        assertThat(client.read((long) page * PAGE_SIZE, pageCount * PAGE_SIZE))
                .isEqualTo(RawImages.read(served.raw(), (long) page * PAGE_SIZE, pageCount * PAGE_SIZE));
    }

    private static void assertEio(ThrowingCallable read) {
        assertThatThrownBy(read)
                .isInstanceOfSatisfying(NbdException.class, e -> assertThat(e.error()).isEqualTo(NbdError.EIO));
    }
}
