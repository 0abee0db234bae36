package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

/** STRUCTURED_REPLY: rules 55 to 58. That each reply has the negotiated style is checked by {@link Link}, always. */
class StructuredIT {

    @Rule(55)
    void shouldAnswerReadsInChunksOnceAgreed(Server server) {
        try (Haggle haggle = server.haggle()) {
            assertThat(haggle.askOne(Nbd.OPT_STRUCTURED_REPLY).type()).isIn(Nbd.ACK, Nbd.ERR_UNSUP);
        }
        try (Link link = server.structured()) {
            assertThat(link.style()).isEqualTo(Link.Style.STRUCTURED);
            for (long length : new long[] {1, 512, 4096, 70_000, Nbd.MIB}) {
                Answer answer = link.ask(Nbd.READ, 0, 0, length);
                assertThat(answer.error).as("error").isZero();
                assertThat(answer.chunks).as("chunks").isNotEmpty();
            }
            link.disconnect();
        }
    }

    @Rule(56)
    void shouldRefuseStructuredRepliesWithData(Server server) {
        try (Haggle haggle = server.haggle()) {
            assertThat(haggle.askOne(Nbd.OPT_STRUCTURED_REPLY, (byte) 0).type()).isEqualTo(Nbd.ERR_INVALID);
            // Refused is refused: replies stay simple.
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(57)
    void shouldAnswerSimplyIfNothingWasAgreed(Server server) {
        try (Link link = server.simple()) {
            link.expectUsable();
            link.write(0, link.read(0, 4096));
            assertThat(link.error(Nbd.READ, 0, link.facts().size(), 512)).as("READ beyond the end").isNotZero();
            assertThat(link.error(Nbd.STATUS, 0, 0, 512)).as("BLOCK_STATUS").isNotZero();
            link.expectUsable();
        }
    }

    @Rule(58)
    void shouldAnswerInChunksAfterExportNameToo(Server server) {
        try (Haggle haggle = server.haggle()) {
            assertThat(haggle.structured()).isTrue();
            Link link = haggle.link(server.export(), ExportIT.exportName(haggle, server.export(), false));
            assertThat(link.facts().has(Nbd.SEND_DF)).as("SEND_DF").isTrue();
            link.expectUsable();
            link.disconnect();
        }
    }
}
