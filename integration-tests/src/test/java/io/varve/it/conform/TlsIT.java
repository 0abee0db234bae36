package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** STARTTLS where the server has no TLS: rules 46 and 47. */
class TlsIT {

    private static final int[] OTHERS = {
        Nbd.OPT_LIST, Nbd.OPT_INFO, Nbd.OPT_STRUCTURED_REPLY, Nbd.OPT_LIST_META, Nbd.OPT_SET_META, 4711
    };

    @Rule(46)
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

    @Rule(46)
    void shouldNeverDemandTlsWhereThereIsNone(Server server) {
        List<byte[]> data = List.of(
                new byte[0], Bytes.export(server.unknown()), Bytes.queries(server.unknown(), "base:allocation"));
        try (Haggle haggle = server.haggle()) {
            for (int option : OTHERS) {
                for (byte[] one : data) {
                    assertThat(haggle.ask(option, one)).noneMatch(reply -> reply.type() == Nbd.ERR_TLS_REQD);
                }
            }
            haggle.expectUsable();
        }
    }

    @Rule(47)
    void shouldNeverAcknowledgeStartTlsWithData(Server server) {
        try (Haggle haggle = server.haggle()) {
            assertThat(haggle.askOne(Nbd.OPT_STARTTLS, new byte[5]).isError()).as("an error").isTrue();
            haggle.go(server.export()).expectUsable();
        }
    }
}
