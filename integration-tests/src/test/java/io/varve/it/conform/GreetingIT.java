package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.SystemCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Connection and greeting: rules 1 to 11. */
class GreetingIT {

    @Rule({1, 2, 3})
    void shouldGreetAsFixedNewstyleAndThenWait(Server server) {
        try (Wire wire = server.connect()) {
            int flags = Haggle.greeting(wire);
            assertThat(flags & Nbd.FIXED_NEWSTYLE).as("fixed newstyle").isNotZero();
            assertThat(flags & ~(Nbd.FIXED_NEWSTYLE | Nbd.NO_ZEROES)).as("other flags").isZero();
            wire.expectSilence();
        }
    }

    @Rule(4)
    void shouldDropAClientWithUnknownFlags(Server server) {
        for (int bit : new int[] {2, 3, 16, 31}) {
            try (Wire wire = server.connect()) {
                Haggle.greeting(wire);
                wire.send(Bytes.of().u32(3 | 1 << bit).get());
                wire.expectEnd();
            }
        }
    }

    @Rule({5, 22})
    void shouldPadTheAnswerToExportNameUnlessAgreedOtherwise(Server server) {
        for (int flags : server.clientFlags()) {
            try (Haggle haggle = server.haggle(flags)) {
                ExportFacts facts = ExportIT.exportName(haggle, server.export(), (flags & Nbd.NO_ZEROES) == 0);
                Link link = haggle.link(server.export(), facts);
                link.expectUsable();
                link.disconnect();
            }
        }
    }

    @Rule(value = 6, ways = {Way.UNIX, Way.TCP})
    void shouldServeAClientOfPlainNewstyle(Server server) {
        try (Haggle haggle = server.haggle(0)) {
            ExportFacts facts = ExportIT.exportName(haggle, server.export(), true);
            haggle.link(server.export(), facts).expectUsable();
        }
    }

    @Rule(value = 7, ways = Way.TCP)
    void shouldSendSmallRepliesAtOnce(Server server) throws IOException {
        Path directory = Files.createTempDirectory("varve-calls");
        try (SystemCalls calls = SystemCalls.of(server.pid(), directory, "setsockopt")) {
            server.expectAlive();
            assertThat(calls.lines()).anyMatch(line -> line.contains("TCP_NODELAY, [1]"));
        } finally {
            for (String file : new String[] {"calls", "words", "."}) {
                Files.deleteIfExists(directory.resolve(file).normalize());
            }
        }
    }

    @Rule(8)
    void shouldRefuseNamesThatAreNoStrings(Server server) {
        List<byte[]> names = List.of(
                new byte[] {'d', 0, 'k'}, new byte[] {(byte) 0xff, (byte) 0xfe}, new byte[] {(byte) 0xc3});
        try (Haggle haggle = server.haggle()) {
            for (byte[] name : names) {
                OptionReply reply = haggle.askOne(
                        Nbd.OPT_INFO, Bytes.of().u32(name.length).raw(name).u16(0).get());
                assertThat(reply.type()).as("answer to the name " + Bytes.hex(name)).isNegative();
            }
            haggle.expectUsable();
        }
    }

    @Rule(9)
    void shouldUnderstandAHandshakeByteByByte(Server server) {
        try (Wire wire = server.connect()) {
            Haggle.greeting(wire);
            bytewise(wire, Bytes.of().u32(3).get());
            server.secure(wire);
            bytewise(wire, options(server));
            expectHandshake(wire, server);
        }
    }

    @Rule(9)
    void shouldUnderstandAHandshakeInOnePiece(Server server) {
        try (Wire wire = server.connect()) {
            // Where the server demands TLS, one piece ends where that begins.
            boolean secure = server.way().isSecure();
            wire.send(Bytes.of().u32(3).raw(secure ? new byte[0] : options(server)).get());
            Haggle.greeting(wire);
            server.secure(wire);
            wire.send(secure ? options(server) : new byte[0]);
            expectHandshake(wire, server);
        }
    }

    private static void bytewise(Wire wire, byte[] bytes) {
        for (byte one : bytes) {
            wire.send(new byte[] {one});
        }
    }

    /** Three options and the first request. */
    private static byte[] options(Server server) {
        return Bytes.join(
                Bytes.option(4711, new byte[5]),
                Bytes.option(Nbd.OPT_LIST, new byte[0]),
                Bytes.option(Nbd.OPT_GO, Bytes.export(server.export())),
                Bytes.request(Nbd.READ, 0, 5, 0, 512));
    }

    private static void expectHandshake(Wire wire, Server server) {
        for (int option : new int[] {4711, Nbd.OPT_LIST, Nbd.OPT_GO}) {
            boolean last = false;
            while (!last) {
                var header = Bytes.view(wire.receive(20, "a reply to option " + option));
                assertThat(header.getLong()).isEqualTo(Nbd.REPLY_MAGIC);
                assertThat(header.getInt()).isEqualTo(option);
                OptionReply reply = new OptionReply(header.getInt(), wire.receive(header.getInt(), "its data"));
                last = reply.isFinal();
                assertThat(reply.isError()).as("error of option %d", option).isEqualTo(option == 4711);
            }
        }
        var reply = Bytes.view(wire.receive(16 + 512, "the reply to a READ"));
        assertThat(reply.getInt()).isEqualTo(Nbd.SIMPLE_REPLY);
        assertThat(reply.getInt()).as("error").isZero();
        assertThat(reply.getLong()).as("cookie").isEqualTo(5);
        wire.send(Bytes.request(Nbd.DISC, 0, 6, 0, 0));
        wire.expectEnd();
        server.expectAlive();
    }

    @Rule(value = {10, 116}, ways = {Way.UNIX, Way.TCP})
    void shouldServeOthersWhileAHandshakeStallsAnywhere(Server server) {
        byte[] whole = Bytes.join(
                Bytes.of().u32(3).get(),
                Bytes.option(Nbd.OPT_GO, Bytes.export(server.export())),
                Bytes.request(Nbd.WRITE, 0, 5, 0, 512), new byte[300]);
        List<Wire> stalled = new ArrayList<>();
        try {
            for (int length = 0; length < whole.length; length += length < 60 ? 3 : 60) {
                Wire wire = server.connect();
                stalled.add(wire);
                wire.send(java.util.Arrays.copyOf(whole, length));
            }
            server.expectAlive();
        } finally {
            stalled.forEach(Wire::drop);
        }
        server.expectAlive();
    }

    @Rule(11)
    void shouldNotHangUpOnAClientThatKeepsTheRules(Server server) {
        try (Haggle haggle = server.haggle()) {
            haggle.ask(Nbd.OPT_LIST);
            haggle.ask(Nbd.OPT_LIST, (byte) 1);
            haggle.ask(Nbd.OPT_INFO, Bytes.export(server.unknown()));
            haggle.ask(Nbd.OPT_INFO);
            haggle.ask(Nbd.OPT_SET_META, Bytes.queries(server.export(), "base:allocation"));
            haggle.ask(4711, new byte[1000]);
            haggle.go(server.export()).expectUsable();
        }
    }
}
