package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** Option haggling in general: rules 12 to 21. */
class OptionIT {

    @Rule({12, 13, 15})
    void shouldGiveEachOptionOneFinalReply(Server server) {
        try (Haggle haggle = server.haggle()) {
            for (int option : new int[] {3, 4, 6, 8, 9, 10, 12, 13, 99, 0, -1}) {
                haggle.ask(option);
                haggle.expectUsable();
            }
        }
    }

    @Rule(14)
    void shouldSkipAnUnknownOptionAndAnswerUnsup(Server server) {
        try (Haggle haggle = server.haggle()) {
            for (int length : new int[] {0, 1, 17, 4096, 60_000}) {
                // Data that looks like an option must not be taken for one.
                byte[] data = new byte[length];
                byte[] bait = Bytes.option(Nbd.OPT_ABORT, new byte[0]);
                System.arraycopy(bait, 0, data, 0, Math.min(bait.length, length));
                assertThat(haggle.askOne(4711, data).type()).as("with %d bytes", length).isEqualTo(Nbd.ERR_UNSUP);
            }
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(15)
    void shouldSayErrorsInPlainWords(Server server) {
        try (Haggle haggle = server.haggle()) {
            // What was sent comes back at most as text that can be shown.
            for (String name : List.of("\u001b[31mred", "a\nb", "\u202e", "n".repeat(4096))) {
                OptionReply reply = Haggle.last(haggle.ask(Nbd.OPT_INFO, Bytes.export(name)));
                assertThat(reply.isError()).as("error for an unknown name").isTrue();
            }
            haggle.expectUsable();
        }
    }

    @Rule(16)
    void shouldNotAnswerAnOptionWithAnotherMagic(Server server) {
        try (Haggle haggle = server.haggle()) {
            haggle.wire().send(Bytes.of().u64(Nbd.IHAVEOPT ^ 1).u32(Nbd.OPT_LIST).u32(0).get());
            if (haggle.wire().hasAnswer()) {
                assertThat(Haggle.last(haggle.replies(Nbd.OPT_LIST)).isError()).as("an error").isTrue();
            }
        }
        server.expectAlive();
    }

    @Rule(17)
    void shouldRefuseLongOptionDataOrHangUp(Server server) {
        for (int option : new int[] {Nbd.OPT_LIST, Nbd.OPT_INFO, Nbd.OPT_GO, Nbd.OPT_SET_META, 4711}) {
            try (Haggle haggle = server.haggle()) {
                haggle.wire().trySend(Bytes.option(option, new byte[1 << 20]));
                if (haggle.wire().hasAnswer()) {
                    assertThat(Haggle.last(haggle.replies(option)).isError()).as("option %d fails", option).isTrue();
                    haggle.expectUsable();
                }
            }
        }
    }

    @Rule({18, 103})
    void shouldNotBelieveAnOptionOfFourGibibytes(Server server) {
        for (int option : new int[] {Nbd.OPT_EXPORT_NAME, Nbd.OPT_LIST, Nbd.OPT_GO, Nbd.OPT_SET_META, 4711}) {
            try (Haggle haggle = server.haggle()) {
                haggle.wire().send(Bytes.of().u64(Nbd.IHAVEOPT).u32(option).u32(0xffffffffL).get());
                haggle.wire().sendUnread(new byte[1 << 20]);
                server.expectAlive();
            }
        }
    }

    @Rule(19)
    void shouldAnswerARepeatedOption(Server server) {
        try (Haggle haggle = server.haggle()) {
            assertThat(haggle.structured()).as("structured replies").isTrue();
            OptionReply again = haggle.askOne(Nbd.OPT_STRUCTURED_REPLY);
            assertThat(again.type()).as("answer to the repeat").isIn(Nbd.ACK, Nbd.ERR_INVALID);
            haggle.expectUsable();
            // Whatever the answer was, what was agreed on holds.
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(20)
    void shouldStayUsableAfterEveryError(Server server) {
        byte[] export = Bytes.export(server.unknown());
        try (Haggle haggle = server.haggle()) {
            for (int round = 0; round < 5; round++) {
                for (int option : new int[] {Nbd.OPT_INFO, Nbd.OPT_GO, Nbd.OPT_LIST, Nbd.OPT_SET_META}) {
                    assertThat(Haggle.last(haggle.ask(option, export)).isError()).as("error of %d", option).isTrue();
                }
            }
            haggle.go(server.export()).expectUsable();
        }
    }
}
