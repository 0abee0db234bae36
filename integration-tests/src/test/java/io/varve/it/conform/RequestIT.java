package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Requests and replies in general: rules 104 to 116. */
class RequestIT {

    private static final long SEED = 104;

    @Rule(104)
    void shouldTakeCompactRequestsAndAnswerSimply(Server server) {
        try (Link link = server.simple()) {
            byte[] data = Bytes.pattern(4096, 104);
            link.write(0, data);
            assertThat(link.read(0, 4096)).isEqualTo(data);
            link.wire().expectSilence();
            link.disconnect();
        }
    }

    @Rule(value = 104, styles = Styles.ALL)
    void shouldTakeRequestsInPiecesAndInHeaps(Server server) {
        byte[] data = Bytes.pattern(700, 3);
        try (Link link = server.link()) {
            byte[] elsewhere = link.read(Nbd.MIB, 700);
            byte[] bytes = Bytes.join(
                    link.header(Nbd.WRITE, 0, 1, 512, 700), data, link.header(Nbd.READ, 0, 2, Nbd.MIB, 700));
            for (byte one : bytes) {
                link.wire().send(new byte[] {one});
            }
            link.expect(1, Nbd.WRITE, 0, 512, 700);
            link.expect(2, Nbd.READ, 0, Nbd.MIB, 700);
            assertThat(link.await(1).error).isZero();
            assertThat(link.await(2).data).isEqualTo(elsewhere);
            assertThat(link.read(512, 700)).isEqualTo(data);
            byte[][] heap = new byte[200][];
            for (int i = 0; i < heap.length; i++) {
                heap[i] = link.header(Nbd.READ, 0, link.expect(1000 + i, Nbd.READ, 0, i * 512L, 512), i * 512L, 512);
            }
            link.wire().send(Bytes.join(heap));
            for (int i = 0; i < heap.length; i++) {
                assertThat(link.await(1000 + i).error).isZero();
            }
            link.expectUsable();
        }
    }

    @Rule(value = 105, styles = Styles.ALL)
    void shouldEchoAnyCookie(Server server) {
        try (Link link = server.link()) {
            for (int round = 0; round < 3; round++) {
                for (long cookie : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, Nbd.IHAVEOPT, 0x25609513L}) {
                    assertThat(link.await(link.sendAs(cookie, Nbd.READ, 0, 0, 512)).error).isZero();
                    assertThat(link.await(link.sendAs(cookie, Nbd.UNKNOWN_COMMAND, 0, 0, 0)).error).isNotZero();
                }
            }
        }
    }

    @Rule(value = {106, 107}, styles = Styles.ALL)
    void shouldAnswerEachRequestOnce(Server server) {
        try (Link link = server.link()) {
            List<Long> cookies = new ArrayList<>();
            Random random = new Random(SEED);
            for (int i = 0; i < 300; i++) {
                int type = new int[] {Nbd.READ, Nbd.WRITE, Nbd.FLUSH, Nbd.ZEROES, 99, Nbd.TRIM}[random.nextInt(6)];
                int length = 512 * (1 + random.nextInt(16));
                long offset = 512 * random.nextInt(1000);
                byte[] payload = type == Nbd.WRITE ? new byte[length] : new byte[0];
                boolean flush = type == Nbd.FLUSH;
                cookies.add(link.send(type, 0, flush ? 0 : offset, flush ? 0 : length, payload));
            }
            for (long cookie : cookies) {
                Answer answer = link.await(cookie);
                assertThat(answer.error).as("command %d", answer.type).isEqualTo(answer.type == 99 ? Nbd.EINVAL : 0);
            }
            link.expectUsable();
            link.disconnect();
        }
    }

    @Rule(value = 108, styles = Styles.ALL)
    void shouldFailWithErrorsThatTheProtocolKnows(Server server) {
        // Answer refuses every other number; here are requests that fail in each of the ways that a client can cause.
        try (Link link = server.link()) {
            Random random = new Random(SEED);
            int failed = 0;
            for (int i = 0; i < 400; i++) {
                int type = random.nextInt(10);
                type = type == Nbd.DISC || type == Nbd.WRITE ? Nbd.UNKNOWN_COMMAND : type;
                long offset = random.nextBoolean() ? random.nextInt() : random.nextLong();
                // Without PAYLOAD_LEN, which would announce bytes that do not come.
                int flags = random.nextInt(Nbd.PAYLOAD_LEN);
                failed += link.error(type, flags, offset, random.nextInt(1 << 16)) == 0 ? 0 : 1;
            }
            assertThat(failed).as("requests that failed").isGreaterThan(100);
            link.expectUsable();
        }
    }

    @Rule(value = 109, styles = Styles.ALL)
    void shouldRefuseUnknownCommands(Server server) {
        try (Link link = server.link()) {
            for (int type : new int[] {8, 9, Nbd.UNKNOWN_COMMAND, 255, 256, 32768, 65535}) {
                // The length of a command that is not known announces no payload.
                assertThat(link.error(type, 0, 0, 4096)).as("command %d", type).isEqualTo(Nbd.EINVAL);
            }
            link.expectUsable();
        }
    }

    @Rule(value = 110, styles = Styles.ALL)
    void shouldRefuseUnknownFlags(Server server) {
        try (Link link = server.link()) {
            byte[] before = link.read(0, 4096);
            byte[] payload = Bytes.pattern(4096, 110);
            for (int flag : new int[] {Nbd.UNKNOWN_FLAG, 1 << 15, 1 << 7}) {
                assertThat(link.error(Nbd.READ, flag, 0, 4096)).as("READ").isEqualTo(Nbd.EINVAL);
                assertThat(link.error(Nbd.WRITE, flag, 0, 4096, payload)).as("WRITE").isEqualTo(Nbd.EINVAL);
                assertThat(link.error(Nbd.FLUSH, flag, 0, 0)).as("FLUSH").isEqualTo(Nbd.EINVAL);
                assertThat(link.error(Nbd.TRIM, flag, 0, 4096)).as("TRIM").isEqualTo(Nbd.EINVAL);
                assertThat(link.error(Nbd.ZEROES, flag, 0, 4096)).as("ZEROES").isEqualTo(Nbd.EINVAL);
            }
            assertThat(link.read(0, 4096)).isEqualTo(before);
            link.expectUsable();
        }
    }

    @Rule(value = 110, styles = Styles.ALL)
    void shouldRefuseFlagsOfOtherCommands(Server server) {
        try (Link link = server.link()) {
            byte[] before = link.read(0, 4096);
            byte[] payload = Bytes.pattern(4096, 111);
            for (int flag : new int[] {Nbd.NO_HOLE, Nbd.FAST_ZERO, Nbd.REQ_ONE}) {
                assertThat(link.error(Nbd.READ, flag, 0, 4096)).as("READ with %d", flag).isEqualTo(Nbd.EINVAL);
                assertThat(link.error(Nbd.WRITE, flag, 0, 4096, payload)).as("WRITE").isEqualTo(Nbd.EINVAL);
                assertThat(link.error(Nbd.TRIM, flag, 0, 4096)).as("TRIM with %d", flag).isEqualTo(Nbd.EINVAL);
            }
            assertThat(link.error(Nbd.WRITE, Nbd.DF, 0, 4096, payload)).as("WRITE with DF").isEqualTo(Nbd.EINVAL);
            assertThat(link.error(Nbd.ZEROES, Nbd.DF, 0, 4096)).as("ZEROES with DF").isEqualTo(Nbd.EINVAL);
            assertThat(link.read(0, 4096)).isEqualTo(before);
            link.expectUsable();
        }
    }

    @Rule(value = 111, styles = Styles.CHUNKED)
    void shouldTakeFuaOnEveryCommandIfOffered(Server server) {
        try (Link link = server.link("base:allocation")) {
            int wanted = link.facts().has(Nbd.SEND_FUA) ? 0 : Nbd.EINVAL;
            byte[] payload = Bytes.pattern(4096, 112);
            assertThat(link.error(Nbd.WRITE, Nbd.FUA, 0, 4096, payload)).as("WRITE").isEqualTo(wanted);
            assertThat(link.error(Nbd.ZEROES, Nbd.FUA, 4096, 4096)).as("ZEROES").isEqualTo(wanted);
            assertThat(link.error(Nbd.TRIM, Nbd.FUA, 8192, 4096)).as("TRIM").isEqualTo(wanted);
            assertThat(link.error(Nbd.READ, Nbd.FUA, 0, 4096)).as("READ").isEqualTo(wanted);
            assertThat(link.error(Nbd.STATUS, Nbd.FUA, 0, 4096)).as("STATUS").isEqualTo(wanted);
            assertThat(link.error(Nbd.FLUSH, Nbd.FUA, 0, 0)).as("FLUSH").isEqualTo(wanted);
        }
    }

    @Rule(value = 113, styles = Styles.ALL)
    void shouldNotAnswerARequestWithAnotherMagic(Server server) {
        boolean extended = server.style() == Link.Style.EXTENDED;
        int other = extended ? Nbd.REQUEST : Nbd.EXTENDED_REQUEST;
        for (int magic : new int[] {0, Nbd.REQUEST ^ 1, other, Nbd.SIMPLE_REPLY}) {
            try (Link link = server.link()) {
                byte[] request = link.header(Nbd.READ, 0, 1, 0, 512);
                Bytes.view(request).putInt(magic);
                link.wire().send(request);
                if (link.wire().hasAnswer()) {
                    link.expect(1, Nbd.READ, 0, 0, 512);
                    assertThat(link.await(1).error).as("error").isNotZero();
                }
            }
        }
        server.expectAlive();
    }

    @Rule(value = 114, styles = Styles.CHUNKED)
    void shouldSurviveRequestsOfNoLength(Server server) {
        try (Link link = server.link("base:allocation")) {
            for (int type : new int[] {Nbd.READ, Nbd.WRITE, Nbd.TRIM, Nbd.ZEROES, Nbd.CACHE, Nbd.STATUS}) {
                for (long offset : new long[] {0, 512, link.facts().size()}) {
                    assertThat(link.error(type, 0, offset, 0)).as("command %d", type)
                            .isIn(0, Nbd.EINVAL, Nbd.ENOSPC);
                }
            }
            link.expectUsable();
        }
    }

    @Rule(value = 115, styles = Styles.CHUNKED)
    void shouldNotWrapAroundAtTheEndOfTheNumbers(Server server) {
        try (Link link = server.link("base:allocation")) {
            byte[] before = link.read(0, 8192);
            for (long offset : new long[] {-1, -512, -4096, Long.MIN_VALUE}) {
                assertThat(link.error(Nbd.READ, 0, offset, 8192)).as("READ").isEqualTo(Nbd.EINVAL);
                assertThat(link.error(Nbd.WRITE, 0, offset, 8192, Bytes.pattern(8192, 1)))
                        .as("WRITE").isIn(Nbd.ENOSPC, Nbd.EINVAL);
                assertThat(link.error(Nbd.TRIM, 0, offset, 8192)).as("TRIM").isEqualTo(Nbd.EINVAL);
                assertThat(link.error(Nbd.ZEROES, 0, offset, 8192)).as("ZEROES").isIn(Nbd.ENOSPC, Nbd.EINVAL);
                assertThat(link.error(Nbd.STATUS, 0, offset, 8192)).as("STATUS").isEqualTo(Nbd.EINVAL);
            }
            assertThat(link.read(0, 8192)).as("content").isEqualTo(before);
        }
    }

    @Rule(value = 116, styles = Styles.ALL)
    void shouldSurviveClientsThatLeaveWithRepliesOutstanding(Server server) {
        try (Link neighbour = server.link()) {
            for (int round = 0; round < 30; round++) {
                try (Link link = server.link()) {
                    byte[][] reads = new byte[20][];
                    for (int i = 0; i < reads.length; i++) {
                        reads[i] = link.header(Nbd.READ, 0, i, 0, i % 2 == 0 ? 4096 : Nbd.MIB);
                    }
                    link.wire().send(Bytes.join(reads));
                    if (round % 3 == 0) {
                        link.wire().send(link.header(Nbd.DISC, 0, 99, 0, 0));
                    } else if (round % 3 == 1) {
                        link.wire().drop();
                    }
                }
            }
            neighbour.expectUsable();
        }
        server.expectAlive();
    }

    @Rule(value = {116, 135}, styles = Styles.ALL)
    void shouldSurviveClientsThatVanish(Server server) {
        try (Link neighbour = server.link()) {
            for (int round = 0; round < 40; round++) {
                try (Link link = server.link()) {
                    byte[] bytes = Bytes.join(
                            link.header(Nbd.READ, 0, 1, 0, Nbd.MIB), link.header(Nbd.WRITE, 0, 2, 0, 4096),
                            new byte[4096], link.header(Nbd.READ, 0, 3, 0, 65536));
                    link.wire().send(Arrays.copyOf(bytes, round * bytes.length / 40));
                    if (round % 2 == 0) {
                        link.wire().drop();
                    }
                }
            }
            neighbour.expectUsable();
        }
        server.expectAlive();
    }
}
