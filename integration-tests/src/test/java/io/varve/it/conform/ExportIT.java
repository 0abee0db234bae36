package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;

/** EXPORT_NAME, ABORT and LIST: rules 22 to 31. */
class ExportIT {

    /** Enters an export in the old way. */
    static ExportFacts exportName(Haggle haggle, String name, boolean padded) {
        haggle.wire().send(Bytes.option(Nbd.OPT_EXPORT_NAME, Bytes.of().text(name).get()));
        ByteBuffer answer = Bytes.view(haggle.wire().receive(10, "size and flags"));
        ExportFacts facts = ExportFacts.old(answer.getLong(), answer.getShort() & 0xffff);
        if (padded) {
            byte[] padding = haggle.wire().receive(Nbd.PADDING, "124 zero bytes");
            assertThat(padding).as("padding").isEqualTo(new byte[Nbd.PADDING]);
        }
        return facts;
    }

    @Rule(22)
    void shouldEnterTransmissionByExportName(Server server) {
        try (Haggle haggle = server.haggle()) {
            Link link = haggle.link(server.export(), exportName(haggle, server.export(), false));
            assertThat(link.facts().size()).as("size").isPositive();
            assertThat(link.facts().has(Nbd.HAS_FLAGS)).as("flags").isTrue();
            link.expectUsable();
            link.disconnect();
        }
    }

    @Rule(23)
    void shouldHangUpOnExportNameOfAnUnknownExport(Server server) {
        for (int flags : server.clientFlags()) {
            try (Haggle haggle = server.haggle(flags)) {
                haggle.wire().send(Bytes.option(Nbd.OPT_EXPORT_NAME, Bytes.of().text(server.unknown()).get()));
                haggle.wire().expectEnd();
            }
        }
    }

    @Rule(24)
    void shouldTakeTheEmptyNameForTheDefaultExport(Server server) {
        try (Haggle haggle = server.haggle()) {
            List<OptionReply> replies = haggle.ask(Nbd.OPT_INFO, Bytes.export(""));
            if (Haggle.last(replies).isError()) {
                // A server may have no default, but then it has none for anybody.
                assertThat(Haggle.last(replies).type()).isEqualTo(Nbd.ERR_UNKNOWN);
                haggle.wire().send(Bytes.option(Nbd.OPT_EXPORT_NAME, new byte[0]));
                haggle.wire().expectEnd();
            } else {
                assertThat(exportName(haggle, "", false).size()).isEqualTo(ExportFacts.of(replies).size());
            }
        }
    }

    @Rule(25)
    void shouldSayTheSameAboutAnExportInEachWay(Server server) {
        try (Haggle old = server.haggle(); Haggle fresh = server.haggle()) {
            ExportFacts info = fresh.info(server.export());
            ExportFacts go = fresh.go(server.export()).facts();
            ExportFacts name = exportName(old, server.export(), false);
            assertThat(List.of(go.size(), name.size())).as("sizes").containsOnly(info.size());
            assertThat(List.of(go.flags(), name.flags())).as("flags").containsOnly(info.flags());
        }
    }

    @Rule(26)
    void shouldAcknowledgeAbort(Server server) {
        try (Haggle haggle = server.haggle()) {
            assertThat(haggle.askOne(Nbd.OPT_ABORT).type()).isEqualTo(Nbd.ACK);
            haggle.wire().finish();
            haggle.wire().expectEnd();
        }
    }

    @Rule(27)
    void shouldAcknowledgeAbortWithData(Server server) {
        for (int length : new int[] {1, 100, 5000}) {
            try (Haggle haggle = server.haggle()) {
                assertThat(haggle.askOne(Nbd.OPT_ABORT, new byte[length]).type()).isEqualTo(Nbd.ACK);
            }
        }
    }

    @Rule(28)
    void shouldSurviveAnAbortThatNobodyWaitsFor(Server server) {
        for (int i = 0; i < 20; i++) {
            try (Haggle haggle = server.haggle()) {
                haggle.wire().send(Bytes.option(Nbd.OPT_ABORT, new byte[0]));
            }
        }
        server.expectAlive();
    }

    @Rule({29, 30})
    void shouldListItsExports(Server server) {
        try (Haggle haggle = server.haggle()) {
            List<OptionReply> replies = haggle.ask(Nbd.OPT_LIST);
            assertThat(Haggle.last(replies).type()).isEqualTo(Nbd.ACK);
            List<String> names = replies.stream()
                    .filter(reply -> reply.type() == Nbd.SERVER).map(OptionReply::exportName).toList();
            assertThat(names).as("exports").doesNotHaveDuplicates().isNotEmpty();
            names.forEach(haggle::info);
            haggle.expectUsable();
        }
    }

    @Rule(31)
    void shouldRefuseListWithData(Server server) {
        try (Haggle haggle = server.haggle()) {
            assertThat(haggle.askOne(Nbd.OPT_LIST, (byte) 0).type()).isEqualTo(Nbd.ERR_INVALID);
            haggle.expectUsable();
        }
    }
}
