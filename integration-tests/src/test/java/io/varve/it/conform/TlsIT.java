package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** TLS where it is off, offered and demanded: rules 46 to 54. */
class TlsIT {

    private static final int[] OTHERS = {
        Nbd.OPT_LIST, Nbd.OPT_INFO, Nbd.OPT_GO, Nbd.OPT_STRUCTURED_REPLY, Nbd.OPT_LIST_META, Nbd.OPT_SET_META,
        Nbd.OPT_EXTENDED_HEADERS, 4711
    };
    private static final byte[] START_TLS = Bytes.option(Nbd.OPT_STARTTLS, new byte[0]);

    /** Data for options that name an export which is not there, so that none of them enters transmission. */
    private static List<byte[]> data(Server server) {
        return List.of(
                new byte[0], Bytes.export(server.unknown()), Bytes.queries(server.unknown(), "base:allocation"));
    }

    @Rule(value = 46, ways = {Way.UNIX, Way.TCP})
    void shouldRefuseTlsWhereThereIsNone(Server server) {
        try (Haggle haggle = server.haggle()) {
            for (int i = 0; i < 3; i++) {
                OptionReply reply = haggle.askOne(Nbd.OPT_STARTTLS);
                assertThat(reply.isError()).as("error of STARTTLS").isTrue();
                assertThat(reply.type()).as("answer to STARTTLS").isNotEqualTo(Nbd.ERR_TLS_REQD);
                haggle.expectUsable();
            }
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(value = 46, ways = {Way.UNIX, Way.TCP})
    void shouldNeverDemandTlsWhereThereIsNone(Server server) {
        try (Haggle haggle = server.haggle()) {
            for (int option : OTHERS) {
                for (byte[] one : data(server)) {
                    assertThat(haggle.ask(option, one)).noneMatch(reply -> reply.type() == Nbd.ERR_TLS_REQD);
                }
            }
            haggle.expectUsable();
        }
    }

    @Rule(value = 47, ways = {Way.UNIX, Way.TCP, Way.TLS, Way.PSK, Way.OFFERED})
    void shouldNeverAcknowledgeStartTlsWithData(Server server) {
        try (Haggle haggle = server.plain()) {
            for (int length : new int[] {1, 5, 5000}) {
                assertThat(haggle.askOne(Nbd.OPT_STARTTLS, new byte[length]).isError()).as("an error").isTrue();
            }
            if (server.way().isSecure()) {
                haggle.startTls(server.tls());
            }
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(value = 48, ways = {Way.TLS, Way.PSK})
    void shouldAnswerNothingBeforeTlsWhereItIsDemanded(Server server) {
        try (Haggle haggle = server.plain()) {
            for (int option : OTHERS) {
                for (byte[] one : data(server)) {
                    assertThat(haggle.askOne(option, one).type()).as("answer to option " + option)
                            .isEqualTo(Nbd.ERR_TLS_REQD);
                }
            }
            for (int option : new int[] {Nbd.OPT_INFO, Nbd.OPT_GO}) {
                assertThat(haggle.askOne(option, Bytes.export(server.export())).type()).isEqualTo(Nbd.ERR_TLS_REQD);
            }
            haggle.startTls(server.tls());
            haggle.go(server.export()).expectUsable();
        }
        try (Haggle haggle = server.plain()) {
            assertThat(haggle.askOne(Nbd.OPT_ABORT).type()).as("answer to ABORT").isEqualTo(Nbd.ACK);
        }
    }

    @Rule(value = 48, ways = {Way.TLS, Way.PSK})
    void shouldHangUpOnExportNameBeforeTlsWhereItIsDemanded(Server server) {
        // A client of plain newstyle has no other option, and is out already when it says so.
        for (int flags : new int[] {0, Nbd.NO_ZEROES, Nbd.FIXED_NEWSTYLE}) {
            try (Wire wire = server.connect()) {
                Haggle.greeting(wire);
                wire.send(Bytes.of().u32(flags).get());
                wire.trySend(Bytes.option(Nbd.OPT_EXPORT_NAME, Bytes.of().text(server.export()).get()));
                wire.expectEnd();
            }
        }
    }

    @Rule(value = 49, ways = {Way.TLS, Way.PSK, Way.OFFERED})
    void shouldSayEverythingInsideTlsAfterStartTls(Server server) {
        try (Haggle haggle = server.plain()) {
            haggle.startTls(server.tls());
            assertThat(Haggle.last(haggle.ask(Nbd.OPT_LIST)).type()).isEqualTo(Nbd.ACK);
            assertThat(haggle.structured()).as("structured replies").isTrue();
            haggle.select(server.export(), "base:allocation");
            Link link = haggle.go(server.export());
            byte[] data = Bytes.pattern(300_000, 49);
            link.write(1, data);
            assertThat(link.read(1, data.length)).isEqualTo(data);
            assertThat(link.error(Nbd.STATUS, 0, 0, Nbd.MIB)).as("BLOCK_STATUS").isZero();
            link.disconnect();
        }
    }

    @Rule(value = 136, ways = {Way.TLS, Way.PSK})
    void shouldEndTlsBeforeTheConnection(Server server) {
        try (Link link = server.link()) {
            link.expectUsable();
            link.wire().send(link.header(Nbd.DISC, 0, 9, 0, 0));
            link.wire().expectFarewell();
        }
    }

    @Rule(value = 50, ways = {Way.TLS, Way.PSK, Way.OFFERED})
    void shouldNotStartTlsInsideTls(Server server) {
        try (Haggle haggle = server.plain()) {
            haggle.startTls(server.tls());
            for (int i = 0; i < 3; i++) {
                assertThat(haggle.askOne(Nbd.OPT_STARTTLS).type()).as("again").isEqualTo(Nbd.ERR_INVALID);
                assertThat(haggle.askOne(Nbd.OPT_STARTTLS, (byte) 1).type()).isEqualTo(Nbd.ERR_INVALID);
            }
            for (int option : OTHERS) {
                for (byte[] one : data(server)) {
                    assertThat(haggle.ask(option, one)).noneMatch(reply -> reply.type() == Nbd.ERR_TLS_REQD);
                }
            }
            haggle.expectUsable();
        }
    }

    @Rule(value = 51, ways = {Way.TLS, Way.PSK, Way.OFFERED})
    void shouldNeverAnswerPlainTextBehindStartTls(Server server) {
        byte[] list = Bytes.option(Nbd.OPT_LIST, new byte[0]);
        byte[] go = Bytes.option(Nbd.OPT_GO, Bytes.export(server.export()));
        for (byte[] slipped : List.of(list, go, Bytes.join(START_TLS, list), Arrays.copyOf(list, 5))) {
            // Together with STARTTLS, as somebody on the way would slip it in.
            try (Haggle haggle = server.plain()) {
                haggle.wire().send(Bytes.join(START_TLS, slipped));
                haggle.replies(Nbd.OPT_STARTTLS);
                haggle.wire().trySend(server.tls().takeOutput());
                expectNoReply(haggle.wire());
            }
            // Instead of the handshake.
            try (Haggle haggle = server.plain()) {
                assertThat(haggle.askOne(Nbd.OPT_STARTTLS).type()).isEqualTo(Nbd.ACK);
                haggle.wire().trySend(slipped);
                haggle.wire().finish();
                expectNoReply(haggle.wire());
            }
        }
        expectAlive(server);
    }

    /** An alert of TLS may come, but no reply, and then the end. */
    private static void expectNoReply(Wire wire) {
        assertThat(Bytes.hex(wire.receiveToTheEnd())).as("what came in plain text")
                .doesNotContain(Bytes.hex(Bytes.of().u64(Nbd.REPLY_MAGIC).get()).substring("8 bytes ".length()));
    }

    private static void expectAlive(Server server) {
        try (Haggle haggle = server.plain()) {
            haggle.startTls(server.tls());
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(value = 51, ways = {Way.TLS, Way.PSK, Way.OFFERED})
    void shouldHangUpWhenTheHandshakeOfTlsFails(Server server) {
        byte[] hello = server.tls().takeOutput();
        byte[] broken = hello.clone();
        Arrays.fill(broken, 9, broken.length, (byte) 0xff); // behind the lengths of record and message
        byte[] alert = {21, 3, 3, 0, 2, 2, 40};
        byte[] record = Bytes.join(new byte[] {23, 3, 3, 0, 64}, new byte[64]);
        for (byte[] wrong : List.of(broken, alert, record, Bytes.join(hello, record))) {
            try (Haggle haggle = server.plain()) {
                assertThat(haggle.askOne(Nbd.OPT_STARTTLS).type()).isEqualTo(Nbd.ACK);
                haggle.wire().trySend(wrong);
                expectNoReply(haggle.wire());
            }
        }
        expectAlive(server);
    }

    @Rule(value = {51, 10, 116}, ways = {Way.TLS, Way.PSK, Way.OFFERED})
    void shouldServeOthersWhileTheHandshakeOfTlsStalls(Server server) {
        byte[] hello = server.tls().takeOutput();
        List<Haggle> stalled = new ArrayList<>();
        try {
            for (int length = 0; length < hello.length; length += 1 + hello.length / 10) {
                Haggle haggle = server.plain();
                stalled.add(haggle);
                assertThat(haggle.askOne(Nbd.OPT_STARTTLS).type()).isEqualTo(Nbd.ACK);
                haggle.wire().send(Arrays.copyOf(hello, length));
            }
            expectAlive(server);
        } finally {
            stalled.forEach(haggle -> haggle.wire().drop());
        }
        expectAlive(server);
    }

    @Rule(value = 52, ways = Way.OFFERED)
    void shouldForgetWhatWasAgreedOnBeforeTls(Server server) {
        try (Haggle haggle = server.plain()) {
            assertThat(haggle.structured()).as("structured replies").isTrue();
            haggle.select(server.export(), "base:allocation");
            haggle.startTls(server.tls());
            assertThat(haggle.askOne(Nbd.OPT_SET_META, Bytes.queries(server.export(), "base:allocation")).isError())
                    .as("SET_META_CONTEXT fails again without structured replies").isTrue();
            Link link = haggle.go(server.export());
            assertThat(link.facts().has(Nbd.SEND_DF)).as("SEND_DF").isFalse();
            assertThat(link.error(Nbd.STATUS, 0, 0, 4096)).as("BLOCK_STATUS").isEqualTo(Nbd.EINVAL);
            link.expectUsable();
        }
        try (Haggle haggle = server.plain()) {
            assertThat(haggle.structured()).as("structured replies").isTrue();
            haggle.select(server.export(), "base:allocation");
            haggle.startTls(server.tls());
            assertThat(haggle.structured()).as("structured replies, again").isTrue();
            Link link = haggle.go(server.export());
            assertThat(link.error(Nbd.STATUS, 0, 0, 4096)).as("BLOCK_STATUS").isEqualTo(Nbd.EINVAL);
        }
    }

    @Rule(value = 52, ways = Way.OFFERED, styles = Styles.EXTENDED)
    void shouldForgetExtendedHeadersFromBeforeTls(Server server) {
        try (Haggle haggle = server.plain().in(server.style())) {
            haggle.startTls(server.tls());
            // With extended headers this would be refused.
            assertThat(haggle.structured()).as("structured replies").isTrue();
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(value = {52, 5}, ways = {Way.TLS, Way.PSK, Way.OFFERED})
    void shouldRememberTheFlagsOfTheClient(Server server) {
        for (int flags : new int[] {1, 3}) {
            try (Haggle haggle = new Haggle(server.connect(), flags)) {
                haggle.startTls(server.tls());
                ExportFacts facts = ExportIT.exportName(haggle, server.export(), flags == 1);
                haggle.link(server.export(), facts).expectUsable();
            }
        }
    }

    @Rule(value = 53, ways = Way.OFFERED)
    void shouldServeEverythingWithoutTlsWhereItIsOffered(Server server) {
        try (Haggle haggle = server.plain()) {
            for (int option : OTHERS) {
                boolean named = option == Nbd.OPT_INFO || option == Nbd.OPT_GO;
                for (byte[] one : data(server)) {
                    List<OptionReply> replies = haggle.ask(option, one);
                    assertThat(named || replies.stream().noneMatch(reply -> reply.type() == Nbd.ERR_TLS_REQD))
                            .as("option %d is answered without TLS", option).isTrue();
                }
            }
        }
        try (Haggle haggle = server.plain()) {
            haggle.info(server.export());
            haggle.go(server.export()).expectUsable();
        }
        try (Haggle haggle = new Haggle(server.connect(), 0)) {
            ExportFacts facts = ExportIT.exportName(haggle, server.export(), true);
            haggle.link(server.export(), facts).expectUsable();
        }
    }

    @Rule(value = 54, ways = {Way.TLS, Way.PSK, Way.OFFERED})
    void shouldSpeakBothVersionsOfTls(Server server) {
        for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
            try (Haggle haggle = server.plain()) {
                TlsLayer tls = server.tls(version);
                haggle.startTls(tls);
                assertThat(tls.version()).as("version of TLS").isEqualTo(version);
                Link link = haggle.go(server.export());
                link.expectUsable();
                link.disconnect();
            }
        }
    }
}
