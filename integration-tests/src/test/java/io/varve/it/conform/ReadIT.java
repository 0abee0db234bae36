package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Chunks and reads: rules 117 to 131. That each chunk is of legal form and place (rules 117 to 122, 124, 127) is
 * checked by {@link Answer} whenever one comes; the tests here see to it that each kind comes.
 */
class ReadIT {

    private static final long SEED = 117;
    private static final int AREA = 4 * Nbd.MIB;

    /** Data, zeroes and data that is zero, in turns of one page to a hundred; returns what the area holds then. */
    private static byte[] mix(Link link) {
        Random random = new Random(SEED);
        byte[] model = new byte[AREA];
        link.demand(Nbd.ZEROES, 0, 0, AREA);
        int at = 0;
        for (int kind = 0; at < AREA; kind++) {
            int length = Math.min(AREA - at, 4096 * (1 + random.nextInt(100)));
            if (kind % 2 == 0) {
                byte[] data = kind % 6 == 4 ? new byte[length] : Bytes.pattern(length, kind);
                link.write(at, data);
                System.arraycopy(data, 0, model, at, length);
            }
            at += length;
        }
        return model;
    }

    private static byte[] part(byte[] model, long offset, int length) {
        return java.util.Arrays.copyOfRange(model, (int) offset, (int) offset + length);
    }

    @Rule(value = {117, 119, 124, 129}, styles = Styles.ALL)
    void shouldReadWhatWasWrittenInLegalChunks(Server server) {
        try (Link link = server.link()) {
            byte[] model = mix(link);
            Random random = new Random(SEED);
            for (int i = 0; i < 300; i++) {
                int length = 1 + random.nextInt(i % 3 == 0 ? 300_000 : 9000);
                long offset = random.nextInt(AREA - length);
                assertThat(link.read(offset, length)).as("seed %d, read %d", SEED, i)
                        .isEqualTo(part(model, offset, length));
            }
            assertThat(link.read(0, AREA)).isEqualTo(model);
            link.expectUsable();
        }
    }

    @Rule(value = {118, 123}, styles = Styles.CHUNKED)
    void shouldEndRepliesInOrderlyChunks(Server server) {
        try (Link link = server.link()) {
            Answer read = link.ask(Nbd.READ, 0, 0, 4096);
            assertThat(read.chunks).isNotEmpty();
            Answer early = link.ask(Nbd.READ, 0, link.facts().size(), 4096);
            assertThat(early.count(Nbd.CHUNK_ERROR) + early.count(Nbd.CHUNK_ERROR_OFFSET)).as("error chunks").isOne();
            Answer flag = link.ask(Nbd.READ, Nbd.UNKNOWN_FLAG, 0, 4096);
            assertThat(flag.count(Nbd.CHUNK_ERROR) + flag.count(Nbd.CHUNK_ERROR_OFFSET)).as("error chunks").isOne();
            assertThat(flag.data).as("content of a refused READ").isNull();
            link.expectUsable();
        }
    }

    @Rule(value = 120, styles = Styles.ALL)
    void shouldReadZeroesAsZeroes(Server server) {
        try (Link link = server.link()) {
            link.write(0, Bytes.pattern(Nbd.MIB, 120));
            link.demand(Nbd.ZEROES, 0, 4096, 65536);
            link.demand(Nbd.ZEROES, Nbd.NO_HOLE, 131072, 65536);
            assertThat(link.read(4096, 65536)).isEqualTo(new byte[65536]);
            assertThat(link.read(131072, 65536)).isEqualTo(new byte[65536]);
            Answer whole = link.ask(Nbd.READ, 0, 0, Nbd.MIB);
            byte[] model = Bytes.pattern(Nbd.MIB, 120);
            java.util.Arrays.fill(model, 4096, 4096 + 65536, (byte) 0);
            java.util.Arrays.fill(model, 131072, 131072 + 65536, (byte) 0);
            assertThat(whole.data).isEqualTo(model);
        }
    }

    @Rule(value = {121, 122}, styles = Styles.CHUNKED)
    void shouldSayInErrorChunksWhatIsWrong(Server server) {
        try (Link link = server.link()) {
            for (long offset : new long[] {link.facts().size() - 511, link.facts().size(), 1L << 50, -1}) {
                Answer answer = link.ask(Nbd.READ, 0, offset, 512);
                assertThat(answer.error).isEqualTo(Nbd.EINVAL);
                assertThat(answer.chunks.stream().filter(chunk -> (chunk.type() & 0x8000) != 0)).hasSize(1);
            }
            link.expectUsable();
        }
    }

    @Rule(value = 125, styles = Styles.CHUNKED)
    void shouldCutChunksAtSectors(Server server) {
        try (Link link = server.link()) {
            mix(link);
            Answer answer = link.ask(Nbd.READ, 0, 0, AREA);
            assertThat(answer.chunks.stream().filter(chunk -> chunk.type() != Nbd.CHUNK_NONE))
                    .allMatch(chunk -> chunk.offset() % 512 == 0 && chunk.length() % 512 == 0);
            assertThat(answer.chunks).as("chunks").hasSizeLessThan(1 + AREA / 4096);
        }
    }

    @Rule(value = 126, styles = Styles.CHUNKED)
    void shouldReadInOnePieceWithDf(Server server) {
        try (Link link = server.link()) {
            if (!link.facts().has(Nbd.SEND_DF)) {
                return;
            }
            byte[] model = mix(link);
            for (int length : new int[] {1, 512, 4096, 65535, 65536}) {
                for (long offset : new long[] {0, 511, 100_000, AREA - 65536}) {
                    Answer answer = link.ask(Nbd.READ, Nbd.DF, offset, length);
                    assertThat(answer.error).as("error of %d bytes with DF", length).isZero();
                    assertThat(answer.data).isEqualTo(part(model, offset, length));
                    boolean mixed = !java.util.Arrays.equals(answer.data, new byte[length]);
                    assertThat(answer.count(Nbd.CHUNK_DATA)).as("data").isGreaterThanOrEqualTo(mixed ? 1 : 0);
                }
            }
            Answer longer = link.ask(Nbd.READ, Nbd.DF, 0, AREA);
            assertThat(longer.error).as("error of 4 MiB with DF").isIn(0, Nbd.EOVERFLOW);
            assertThat(longer.error == 0 || longer.data == null).as("no content beside EOVERFLOW").isTrue();
        }
    }

    @Rule(128)
    void shouldRefuseDfIfNotOffered(Server server) {
        try (Link link = server.simple()) {
            assertThat(link.error(Nbd.READ, Nbd.DF, 0, 4096)).isEqualTo(Nbd.EINVAL);
            link.expectUsable();
        }
    }

    @Rule(129)
    void shouldBringNoDataWithASimpleError(Server server) {
        try (Link link = server.simple()) {
            List<Integer> errors = new ArrayList<>();
            for (long length : new long[] {1, 512, 4096, 65536, Nbd.MIB}) {
                byte[] data = Bytes.pattern((int) length, 129);
                link.write(0, data);
                assertThat(link.read(0, length)).isEqualTo(data);
                errors.add(link.error(Nbd.READ, 0, link.facts().size() - 1, length + 1));
            }
            assertThat(errors).containsOnly(Nbd.EINVAL);
            link.expectUsable();
        }
    }
}
