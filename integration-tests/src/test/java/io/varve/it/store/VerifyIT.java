package io.varve.it.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
            assertThat(outcome.out() + outcome.err()).contains(pages.getParent().getFileName().toString(), "100");
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
            assertThat(served.daemon().log()).contains("100");
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
