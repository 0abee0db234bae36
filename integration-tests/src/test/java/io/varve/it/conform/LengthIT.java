package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.conform.Answer.Extent;
import java.util.List;

/** The longest payloads, and lengths and offsets that do not fit into 32 bits: rules 84, 101, 127 and 131. */
class LengthIT {

    private static final long FOUR_GIB = 1L << 32;

    @Rule(value = {101, 127}, styles = Styles.ALL)
    void shouldTakeAndGivePayloadsOfThirtyTwoMebibytes(Server server) {
        try (Link link = server.link()) {
            byte[] data = Bytes.pattern(Nbd.TOLERATED_PAYLOAD, 127);
            link.write(4096, data);
            Answer answer = link.ask(Nbd.READ, 0, 4096, data.length);
            assertThat(answer.error).as("error of a READ of 32 MiB").isZero();
            assertThat(answer.data).isEqualTo(data);
            assertThat(answer.chunks.stream().filter(chunk -> chunk.type() == Nbd.CHUNK_DATA))
                    .allMatch(chunk -> chunk.length() <= link.facts().maximumPayload());
            link.expectUsable();
        }
    }

    @Rule(value = {101, 131, 135}, styles = Styles.ALL)
    void shouldRefuseLongerPayloadsAndGoOn(Server server) {
        try (Link link = server.link()) {
            byte[] before = link.read(0, 65536);
            byte[] data = Bytes.pattern(Nbd.TOLERATED_PAYLOAD + 4096, 101);
            assertThat(link.error(Nbd.READ, 0, 0, data.length)).as("READ").isIn(0, Nbd.EINVAL, Nbd.EOVERFLOW);
            int error = link.error(Nbd.WRITE, 0, 0, data.length, data);
            assertThat(error).as("WRITE").isIn(0, Nbd.EINVAL, Nbd.ENOSPC, Nbd.EOVERFLOW);
            assertThat(link.read(0, 65536)).isEqualTo(error == 0 ? java.util.Arrays.copyOf(data, 65536) : before);
            link.expectUsable();
        }
    }

    @Rule(value = {129, 132}, styles = Styles.ALL)
    void shouldTellPlacesFourGibibytesApart(Server server) {
        try (Link link = server.link(server.style(), server.large())) {
            byte[] low = Bytes.pattern(8192, 1);
            byte[] high = Bytes.pattern(8192, 2);
            link.write(4096, low);
            link.write(FOUR_GIB + 4096, high);
            assertThat(link.read(4096, 8192)).isEqualTo(low);
            assertThat(link.read(FOUR_GIB + 4096, 8192)).isEqualTo(high);
            link.demand(Nbd.ZEROES, 0, FOUR_GIB, 8192);
            assertThat(link.read(4096, 8192)).isEqualTo(low);
            long end = link.facts().size();
            link.write(end - 8192, low);
            assertThat(link.read(end - 8192, 8192)).isEqualTo(low);
            assertThat(link.error(Nbd.READ, 0, end - 4096, 8192)).isEqualTo(Nbd.EINVAL);
        }
    }

    @Rule(value = 84, styles = Styles.EXTENDED)
    void shouldChangeMoreThanFourGibibytesAtOnce(Server server) {
        byte[] data = Bytes.pattern(8192, 84);
        for (int type : new int[] {Nbd.ZEROES, Nbd.TRIM}) {
            try (Link link = server.link(server.style(), server.large())) {
                long last = FOUR_GIB + 3L * Nbd.MIB;
                for (long offset : new long[] {0, 100 * Nbd.MIB, FOUR_GIB + Nbd.MIB, last}) {
                    link.write(offset, data);
                }
                link.demand(type, 0, 4096, last - 4096);
                byte[] first = link.read(0, 8192);
                assertThat(java.util.Arrays.copyOf(first, 4096)).isEqualTo(java.util.Arrays.copyOf(data, 4096));
                // Varve's TRIM reads as zeroes too.
                assertThat(java.util.Arrays.copyOfRange(first, 4096, 8192)).isEqualTo(new byte[4096]);
                assertThat(link.read(100 * Nbd.MIB, 8192)).isEqualTo(new byte[8192]);
                assertThat(link.read(FOUR_GIB + Nbd.MIB, 8192)).isEqualTo(new byte[8192]);
                assertThat(link.read(last, 8192)).isEqualTo(data);
            }
        }
    }

    @Rule(value = {84, 83}, styles = Styles.EXTENDED)
    void shouldTellTheStatusOfMoreThanFourGibibytesAtOnce(Server server) {
        try (Link link = server.link(server.style(), server.large(), "base:allocation")) {
            long place = FOUR_GIB + Nbd.MIB;
            assertThat(zeroesFrom(link, 0)).as("zeroes on a disk of zeroes").isEqualTo(link.facts().size());
            link.write(place, Bytes.pattern(65536, 84));
            assertThat(zeroesFrom(link, 0)).as("zeroes before the data").isEqualTo(place);
            assertThat(zeroesFrom(link, place + 65536)).isEqualTo(link.facts().size());
        }
    }

    /** Asks for all the rest each time; an answer may be shorter. @return where data begins, or the end */
    private static long zeroesFrom(Link link, long offset) {
        long at = offset;
        while (at < link.facts().size()) {
            long length = link.facts().size() - at;
            Answer answer = link.ask(Nbd.STATUS, 0, at, length);
            assertThat(answer.error).as("error of BLOCK_STATUS of %d at %d", length, at).isZero();
            List<Extent> extents = answer.extents.values().iterator().next();
            for (Extent extent : extents) {
                if ((extent.status() & Nbd.ZERO) == 0) {
                    return at;
                }
                at += extent.length();
            }
        }
        return at;
    }
}
