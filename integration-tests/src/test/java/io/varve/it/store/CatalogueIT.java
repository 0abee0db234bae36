package io.varve.it.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images: in, named, shown, derived, and out again. */
class CatalogueIT {

    private static final long SIZE = 32 * RawImages.MIB;

    @TempDir
    Path directory;

    private Varve varve;
    private Path first;

    @BeforeEach
    void importAnImage() {
        varve = new Varve(directory.resolve("store"));
        first = RawImages.mixed(directory.resolve("first.raw"), SIZE, 51);
        varve.run("import", first, "disk:v1");
    }

    /** Serves the image and compares every byte of it. */
    private void assertServes(String image, Path expected) throws IOException {
        Path copy = directory.resolve("copy.raw");
        try (Daemon daemon = varve.serve()) {
            Tool.run("nbdcopy", daemon.uri(image), copy);
        }
        assertThat(Files.mismatch(expected, copy)).as(image).isEqualTo(-1);
        Files.delete(copy);
    }

    private static void assertRefused(Tool.Outcome outcome, String... words) {
        assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(1);
        assertThat(outcome.errorLines()).as("%s", outcome).singleElement().asString().contains(words);
    }

    /** Bytes that the store's blobs take on the disk. */
    private long blobLength() {
        try (Stream<Path> files = Files.walk(varve.store().resolve("blobs"))) {
            return files.filter(file -> file.endsWith("pages")).mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void shouldStoreNeitherZerosNorHoles() throws IOException {
        assertThat(blobLength()).isBetween(SIZE / 5, SIZE / 2);
        assertServes("disk:v1", first);
    }

    @Test
    void shouldStoreOnlyTheDifferenceToAParent() throws IOException {
        Path second = Files.copy(first, directory.resolve("second.raw"));
        RawImages.scribble(second, 3 * RawImages.MIB + 100, 50_000, 52);
        long before = blobLength();

        varve.run("import", second, "disk:v2", "--parent", "disk:v1");

        assertThat(blobLength() - before).isBetween(48_000L, 60_000L);
        assertServes("disk:v2", second);
        assertServes("disk:v1", first);
    }

    @Test
    void shouldStoreNothingWhenAnImportIsRepeated() throws IOException {
        long before = blobLength();

        varve.run("import", first, "again", "--parent", "disk:v1");

        assertThat(blobLength()).isEqualTo(before);
        assertServes("again", first);
    }

    @Test
    void shouldGrowAndShrinkAlongTheChain() throws IOException {
        Path grown = Files.copy(first, directory.resolve("grown.raw"));
        RawImages.scribble(grown, SIZE + 1000, 7000, 53);
        Path shrunk = RawImages.mixed(directory.resolve("shrunk.raw"), SIZE / 3 + 512, 54);

        varve.run("import", grown, "disk:grown", "--parent", "disk:v1");
        varve.run("import", shrunk, "disk:shrunk", "--parent", "disk:grown");

        assertServes("disk:grown", grown);
        assertServes("disk:shrunk", shrunk);
    }

    @Test
    void shouldListAndShowImages() {
        varve.run("tag", "disk:v1", "stable");

        assertThat(varve.run("images").out()).contains("disk:v1", "stable");
        assertThat(varve.run("images", "--json").json().value().toString()).contains("disk", "stable");
        assertThat(varve.run("show", "disk:v1", "--json").json().value().toString()).contains("" + SIZE);
    }

    @Test
    void shouldServeATagAfterItsFirstNameIsGone() throws IOException {
        varve.run("tag", "disk:v1", "stable");
        varve.run("rm", "disk:v1");

        assertServes("stable", first);
        assertRefused(varve.tries("show", "disk:v1"), "disk:v1");
    }

    @Test
    void shouldCommitAnOverlayIntoAnImage() throws IOException {
        Path expected = Files.copy(first, directory.resolve("expected.raw"));
        RawImages.scribble(expected, 10 * RawImages.MIB + 700, 9000, 55);
        try (Daemon daemon = varve.serve(); NbdClient alice = daemon.connect("disk:v1@alice")) {
            alice.write(10 * RawImages.MIB + 700, RawImages.read(expected, 10 * RawImages.MIB + 700, 9000));
            alice.disconnect();
        }
        long before = blobLength();

        varve.run("commit", "disk:v1@alice", "disk:v2");

        assertThat(blobLength() - before).isBetween(9_000L, 20_000L);
        assertServes("disk:v2", expected);
        assertServes("disk:v1", first);
    }

    @Test
    void shouldNotCommitWhatIsInUse() throws IOException {
        try (Daemon daemon = varve.serve(); NbdClient alice = daemon.connect("disk:v1@alice")) {
            alice.write(0, new byte[] {1});

            assertRefused(varve.tries("commit", "disk:v1@alice", "disk:v2"), "disk:v1@alice");

            assertThat(varve.run("images").out()).doesNotContain("disk:v2");
            alice.disconnect();
        }
    }

    @Test
    void shouldNotRemoveWhatIsInUse() throws IOException {
        try (Daemon daemon = varve.serve(); NbdClient alice = daemon.connect("disk:v1@alice")) {
            alice.write(0, new byte[] {1});
            alice.flush();
            assertRefused(varve.tries("rm", "disk:v1"), "disk:v1");
            alice.disconnect();
        }
        assertRefused(varve.tries("rm", "disk:v1"), "disk:v1", "alice");

        varve.run("reset", "disk:v1@alice");
        varve.run("rm", "disk:v1");

        assertThat(varve.run("images").out()).doesNotContain("disk:v1");
    }

    @Test
    void shouldNotOverwriteAnImage() throws IOException {
        Path other = RawImages.mixed(directory.resolve("other.raw"), SIZE, 56);

        assertRefused(varve.tries("import", other, "disk:v1"), "disk:v1");
        assertRefused(varve.tries("tag", "atlantis", "disk:v3"), "atlantis");
        assertServes("disk:v1", first);
    }
}
