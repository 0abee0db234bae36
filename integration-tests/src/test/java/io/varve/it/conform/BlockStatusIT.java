package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.conform.Answer.Extent;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** BLOCK_STATUS: rules 147 to 156. The form of each answer is checked by {@link Answer}. */
class BlockStatusIT {

    private static final long SEED = 147;
    private static final String ALLOCATION = "base:allocation";
    private static final String DEPTH = "qemu:allocation-depth";

    private static List<Extent> status(Link link, int flags, long offset, long length) {
        Answer answer = link.ask(Nbd.STATUS, flags, offset, length);
        assertThat(answer.error).as("error of BLOCK_STATUS of %d at %d", length, offset).isZero();
        assertThat(answer.extents).hasSize(1);
        return answer.extents.values().iterator().next();
    }

    @Rule(value = 147, styles = Styles.ALL)
    void shouldRefuseAStatusOfNothing(Server server) {
        try (Link link = server.link()) {
            assertThat(link.error(Nbd.STATUS, 0, 0, 4096)).isEqualTo(Nbd.EINVAL);
            link.expectUsable();
        }
    }

    @Rule(value = {148, 149, 150, 152}, styles = Styles.CHUNKED)
    void shouldTellTheStatusOfAnyRange(Server server) {
        Random random = new Random(SEED);
        try (Link link = server.link(ALLOCATION)) {
            long size = link.facts().size();
            for (int i = 0; i < 200; i++) {
                long length = 1 + random.nextInt(Nbd.MIB);
                status(link, 0, Math.floorMod(random.nextLong(), size - length), length);
            }
            status(link, 0, size - 1, 1);
            status(link, 0, 0, size);
        }
    }

    @Rule(value = 148, styles = Styles.CHUNKED)
    void shouldTellTheStatusOfEachContext(Server server) {
        try (Haggle haggle = server.haggle().in(server.style())) {
            List<OptionReply> listed = haggle.ask(Nbd.OPT_LIST_META, Bytes.queries(server.export()));
            String[] all = listed.stream()
                    .filter(reply -> reply.type() == Nbd.META_CONTEXT).map(OptionReply::text).toArray(String[]::new);
            haggle.select(server.export(), all);
            Link link = haggle.go(server.export());
            assertThat(link.contexts()).as("selected contexts").hasSize(all.length);
            for (long offset = 0; offset < 16L * Nbd.MIB; offset += Nbd.MIB + 4096) {
                assertThat(link.ask(Nbd.STATUS, 0, offset, Nbd.MIB).extents).hasSize(all.length);
            }
            link.expectUsable();
        }
    }

    @Rule(value = 151, styles = Styles.CHUNKED)
    void shouldTellOneExtentIfOneIsWanted(Server server) {
        try (Link link = server.link(ALLOCATION)) {
            link.write(0, Bytes.pattern(65536, 151));
            link.demand(Nbd.ZEROES, 0, 65536, 65536);
            for (long length : new long[] {1, 511, 4096, 65536, 65537, Nbd.MIB, link.facts().size()}) {
                assertThat(status(link, Nbd.REQ_ONE, 0, length)).hasSize(1);
            }
            assertThat(status(link, Nbd.REQ_ONE, 0, 4096).get(0).length()).isEqualTo(4096);
        }
    }

    @Rule(value = 153, styles = Styles.CHUNKED)
    void shouldReadZeroesWhereItSaysZero(Server server) {
        try (Link link = server.link(ALLOCATION)) {
            byte[] data = Bytes.pattern(Nbd.MIB, 153);
            link.write(Nbd.MIB, data);
            link.demand(Nbd.ZEROES, 0, Nbd.MIB + 65536, 131072);
            link.demand(Nbd.TRIM, 0, Nbd.MIB + 524288, 65536);
            long offset = 0;
            while (offset < 8L * Nbd.MIB) {
                for (Extent extent : status(link, 0, offset, Nbd.MIB)) {
                    assertThat(extent.status() & ~(Nbd.HOLE | Nbd.ZERO)).as("other bits").isZero();
                    if ((extent.status() & Nbd.ZERO) != 0) {
                        int length = (int) Math.min(extent.length(), Nbd.MIB);
                        assertThat(link.read(offset, length)).as("zeroes at %d", offset).isEqualTo(new byte[length]);
                    }
                    offset += extent.length();
                }
            }
            assertThat(status(link, 0, Nbd.MIB, 4096).get(0).status() & Nbd.ZERO).as("written data").isZero();
        }
    }

    @Rule(value = 155, styles = Styles.CHUNKED)
    void shouldTellExtentsOfWholeSectorsThatDiffer(Server server) {
        try (Link link = server.link(ALLOCATION)) {
            for (int i = 0; i < 10; i++) {
                link.write(i * 131072, Bytes.pattern(65536, i));
                link.demand(Nbd.ZEROES, 0, i * 131072 + 65536, 65536);
            }
            List<Extent> extents = status(link, 0, 0, 2L * Nbd.MIB);
            for (int i = 0; i < extents.size(); i++) {
                assertThat(extents.get(i).length() % 512).as("odd bytes of extent %d", i).isZero();
                if (i > 0) {
                    assertThat(extents.get(i).status()).as("status of extent %d", i)
                            .isNotEqualTo(extents.get(i - 1).status());
                }
            }
        }
    }

    @Rule(value = 156, styles = Styles.CHUNKED)
    void shouldTellTheDepthOfAllocation(Server server) {
        try (Haggle haggle = server.haggle().in(server.style())) {
            List<OptionReply> replies = haggle.select(server.export(), DEPTH);
            if (replies.size() == 1) {
                assertThat(replies.get(0).type()).as("answer where the context is unknown").isEqualTo(Nbd.ACK);
                return;
            }
            Link link = haggle.go(server.export());
            link.write(0, Bytes.pattern(65536, 156));
            assertThat(status(link, 0, 0, 65536).get(0).status()).as("depth of what was written").isEqualTo(1);
            long whole = 0;
            while (whole < link.facts().size()) {
                for (Extent extent : status(link, 0, whole, Math.min(link.facts().size() - whole, 8L * Nbd.MIB))) {
                    assertThat(extent.status()).as("depth").isBetween(0L, 64L);
                    if (extent.status() == 0) {
                        byte[] some = link.read(whole, Math.min(4096, extent.length()));
                        assertThat(some).as("content at depth 0").isEqualTo(Arrays.copyOf(new byte[4096], some.length));
                    }
                    whole += extent.length();
                }
            }
        }
    }
}
