package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;

/** WRITE, DISC, FLUSH, TRIM, CACHE and WRITE_ZEROES: rules 132 to 146. */
class WriteIT {

    private static final long SEED = 132;

    @Rule(value = {132, 129}, styles = Styles.ALL)
    void shouldShowAWriteToTheNextRead(Server server) {
        Random random = new Random(SEED);
        byte[] model = new byte[Nbd.MIB];
        try (Link link = server.link()) {
            link.write(0, model);
            for (int i = 0; i < 200; i++) {
                int length = 1 + random.nextInt(20_000);
                int offset = random.nextInt(model.length - length);
                byte[] data = Bytes.pattern(length, i);
                System.arraycopy(data, 0, model, offset, length);
                link.write(offset, data, i % 7 == 0 && link.facts().has(Nbd.SEND_FUA) ? Nbd.FUA : 0);
                assertThat(link.read(offset, length)).as("seed %d, write %d", SEED, i).isEqualTo(data);
            }
            assertThat(link.read(0, model.length)).isEqualTo(model);
        }
    }

    @Rule(value = {133, 135}, styles = Styles.ALL)
    void shouldTakeInThePayloadOfAWriteBeyondTheEnd(Server server) {
        try (Link link = server.link()) {
            long size = link.facts().size();
            byte[] tail = link.read(size - 65536, 65536);
            for (int length : new int[] {1, 4096, 65536, Nbd.MIB, 5 * Nbd.MIB}) {
                // A payload that reads as requests must not be taken for some.
                byte[] payload = new byte[length];
                byte[] bait = link.header(Nbd.WRITE, 0, 99, 0, 0);
                System.arraycopy(bait, 0, payload, 0, Math.min(length, bait.length));
                assertThat(link.error(Nbd.WRITE, 0, size - length + 1, length, payload))
                        .as("WRITE of %d, one byte too far", length).isIn(Nbd.ENOSPC, Nbd.EINVAL);
                link.expectUsable();
            }
            assertThat(link.read(size - 65536, 65536)).isEqualTo(tail);
        }
    }

    @Rule(value = 135, styles = Styles.ALL)
    void shouldDropAWriteThatWasCutOff(Server server) {
        String name = server.shared();
        try (Link observer = server.link(server.style(), name)) {
            byte[] before = Bytes.pattern(65536, 135);
            observer.write(0, before);
            for (int sent : new int[] {0, 1, 4096, 65535}) {
                try (Link writer = server.link(server.style(), name)) {
                    writer.wire().send(writer.header(Nbd.WRITE, 0, 1, 0, 65536), new byte[sent]);
                    writer.wire().finish();
                    writer.wire().expectEnd();
                }
                assertThat(observer.read(0, 65536)).as("content after %d bytes", sent).isEqualTo(before);
            }
        }
    }

    @Rule(value = 136, styles = Styles.ALL)
    void shouldAnswerEverythingBeforeItGoes(Server server) {
        for (int round = 0; round < 20; round++) {
            try (Link link = server.link()) {
                long[] cookies = new long[40];
                byte[] all = {};
                for (int i = 0; i < cookies.length; i++) {
                    int type = i % 4 == 3 ? Nbd.FLUSH : Nbd.READ;
                    long length = type == Nbd.FLUSH ? 0 : 4096;
                    cookies[i] = link.expect(i, type, 0, 0, length);
                    all = Bytes.join(all, link.header(type, 0, i, 0, length));
                }
                link.wire().send(all, link.header(Nbd.DISC, 0, 999, 0, 0));
                for (long cookie : cookies) {
                    assertThat(link.await(cookie).error).as("error of request %d", cookie).isZero();
                }
                link.wire().expectEnd();
            }
        }
    }

    @Rule(value = 137, styles = Styles.ALL)
    void shouldFlush(Server server) {
        try (Link link = server.link()) {
            assertThat(link.facts().has(Nbd.SEND_FLUSH)).as("SEND_FLUSH").isTrue();
            for (int i = 0; i < 10; i++) {
                link.write(i * 4096, Bytes.pattern(4096, i));
                link.demand(Nbd.FLUSH, 0, 0, 0);
            }
        }
    }

    @Rule(value = 138, styles = Styles.ALL)
    void shouldSurviveAFlushOfARange(Server server) {
        try (Link link = server.link()) {
            for (long[] range : new long[][] {{512, 0}, {0, 512}, {-1, 0xffffffffL}, {1L << 40, 4096}}) {
                assertThat(link.error(Nbd.FLUSH, 0, range[0], range[1])).isIn(0, Nbd.EINVAL);
            }
            assertThat(link.error(Nbd.FLUSH, Nbd.NO_HOLE, 0, 0)).as("FLUSH with NO_HOLE").isEqualTo(Nbd.EINVAL);
            link.expectUsable();
        }
    }

    @Rule(value = 139, styles = Styles.ALL)
    void shouldTrimItsRangeAlone(Server server) {
        try (Link link = server.link()) {
            byte[] model = Bytes.pattern(Nbd.MIB, 139);
            for (int[] range : new int[][] {{4096, 65536}, {1, 4095}, {100_001, 200_003}, {0, 1}}) {
                link.write(0, model);
                link.demand(Nbd.TRIM, 0, range[0], range[1]);
                int end = range[0] + range[1];
                assertThat(link.read(0, Nbd.MIB)).satisfies(data -> {
                    assertThat(Arrays.copyOf(data, range[0])).isEqualTo(Arrays.copyOf(model, range[0]));
                    assertThat(Arrays.copyOfRange(data, end, Nbd.MIB))
                            .isEqualTo(Arrays.copyOfRange(model, end, Nbd.MIB));
                });
                link.write(range[0], Arrays.copyOfRange(model, range[0], end));
                assertThat(link.read(0, Nbd.MIB)).as("written again").isEqualTo(model);
                link.demand(Nbd.TRIM, 0, range[0], range[1]);
                link.demand(Nbd.ZEROES, 0, range[0], range[1]);
                assertThat(link.read(range[0], range[1])).isEqualTo(new byte[range[1]]);
            }
        }
    }

    @Rule(value = 141, styles = Styles.ALL)
    void shouldNotMindCache(Server server) {
        try (Link link = server.link()) {
            byte[] before = link.read(0, 65536);
            int error = link.error(Nbd.CACHE, 0, 0, 65536);
            assertThat(error == 0 || !link.facts().has(Nbd.SEND_CACHE) || error == Nbd.EIO).isTrue();
            assertThat(link.read(0, 65536)).isEqualTo(before);
        }
    }

    @Rule(value = 142, styles = Styles.ALL)
    void shouldRefuseUnknownFlagsOfCache(Server server) {
        try (Link link = server.link()) {
            for (int flag : new int[] {Nbd.UNKNOWN_FLAG, Nbd.NO_HOLE, Nbd.DF}) {
                assertThat(link.error(Nbd.CACHE, flag, 0, 4096)).as("CACHE with %d", flag).isEqualTo(Nbd.EINVAL);
            }
            link.expectUsable();
        }
    }

    @Rule(value = 143, styles = Styles.ALL)
    void shouldZeroItsRangeAlone(Server server) {
        try (Link link = server.link()) {
            byte[] data = Bytes.pattern(Nbd.MIB, 143);
            for (int flags : new int[] {0, Nbd.NO_HOLE}) {
                for (int[] range : new int[][] {{0, 4096}, {1, 1}, {4095, 4098}, {65536, 131072}, {77, 300_001}}) {
                    byte[] model = data.clone();
                    link.write(0, model);
                    link.demand(Nbd.ZEROES, flags, range[0], range[1]);
                    Arrays.fill(model, range[0], range[0] + range[1], (byte) 0);
                    assertThat(link.read(0, Nbd.MIB)).as("%d zeroes at %d", range[1], range[0]).isEqualTo(model);
                }
            }
        }
    }

    @Rule(value = 145, styles = Styles.ALL)
    void shouldZeroQuicklyOrLeaveTheDataAlone(Server server) {
        try (Link link = server.link()) {
            byte[] data = Bytes.pattern(65536, 145);
            link.write(0, data);
            if (link.facts().has(Nbd.SEND_FAST_ZERO)) {
                int error = link.error(Nbd.ZEROES, Nbd.FAST_ZERO, 0, 65536);
                assertThat(error).isIn(0, Nbd.ENOTSUP);
                assertThat(link.read(0, 65536)).isEqualTo(error == 0 ? new byte[65536] : data);
            }
            assertThat(link.error(Nbd.ZEROES, 0, 0, 65536)).as("without the flag").isZero();
        }
    }

    @Rule(value = 146, styles = Styles.ALL)
    void shouldRefuseFastZeroIfNotOffered(Server server) {
        try (Link link = server.link()) {
            if (!link.facts().has(Nbd.SEND_FAST_ZERO)) {
                assertThat(link.error(Nbd.ZEROES, Nbd.FAST_ZERO, 0, 4096)).isEqualTo(Nbd.EINVAL);
            }
            link.expectUsable();
        }
    }
}
