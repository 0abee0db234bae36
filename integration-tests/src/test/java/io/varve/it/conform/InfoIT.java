package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** INFO and GO: rules 32 to 45. */
class InfoIT {

    private static final int[] BOTH = {Nbd.OPT_INFO, Nbd.OPT_GO};
    private static final int[] ALL_TYPES = {0, 1, 2, 3};

    @Rule({32, 34})
    void shouldDescribeAnExport(Server server) {
        try (Haggle haggle = server.haggle()) {
            for (int[] types : new int[][] {{}, {0}, {3}, ALL_TYPES}) {
                ExportFacts facts = haggle.info(server.export(), types);
                assertThat(facts.size()).as("size").isPositive();
            }
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(33)
    void shouldRefuseDataThatDoesNotAddUp(Server server) {
        String name = server.export();
        byte[] good = Bytes.export(name, 3);
        Map<String, byte[]> wrong = new LinkedHashMap<>();
        wrong.put("nothing", new byte[0]);
        wrong.put("half a length", new byte[2]);
        wrong.put("no name", Bytes.of().u32(4).get());
        wrong.put("no count", Bytes.of().string(name).get());
        wrong.put("name of 4 GiB", Bytes.of().u32(0xffffffffL).text(name).u16(0).get());
        wrong.put("name over the count", Bytes.of().u32(name.length() + 1).text(name).u16(0).get());
        wrong.put("more types than bytes", Bytes.of().string(name).u16(2).u16(3).get());
        wrong.put("65535 types", Bytes.of().string(name).u16(65535).u16(3).get());
        wrong.put("fewer types than bytes", Bytes.of().string(name).u16(0).u16(3).get());
        wrong.put("half a type", Bytes.join(good, new byte[1]));
        for (int option : BOTH) {
            try (Haggle haggle = server.haggle()) {
                wrong.forEach((what, data) -> {
                    assertThat(haggle.askOne(option, data).type()).as(what).isEqualTo(Nbd.ERR_INVALID);
                    haggle.expectUsable();
                });
                haggle.go(name).expectUsable();
            }
        }
    }

    @Rule(35)
    void shouldIgnoreUnknownInformationTypes(Server server) {
        try (Haggle haggle = server.haggle()) {
            ExportFacts plain = haggle.info(server.export());
            ExportFacts asked = haggle.info(server.export(), 77, 4, 65535, 32768);
            assertThat(asked.size()).isEqualTo(plain.size());
            assertThat(asked.flags()).isEqualTo(plain.flags());
            List<OptionReply> go = haggle.ask(Nbd.OPT_GO, Bytes.export(server.export(), 77, 65535));
            assertThat(Haggle.last(go).type()).isEqualTo(Nbd.ACK);
        }
    }

    @Rule(36)
    void shouldSayEachThingOnce(Server server) {
        try (Haggle haggle = server.haggle()) {
            List<OptionReply> replies =
                    haggle.ask(Nbd.OPT_INFO, Bytes.export(server.export(), 3, 3, 1, 1, 2, 2, 0, 0, 3));
            assertThat(replies.stream().filter(reply -> reply.type() == Nbd.INFO).map(OptionReply::infoType))
                    .doesNotHaveDuplicates();
        }
    }

    @Rule({37, 95})
    void shouldSayBlockSizesThatMakeSense(Server server) {
        try (Haggle haggle = server.haggle()) {
            ExportFacts facts = haggle.info(server.export(), ALL_TYPES);
            assertThat(Long.bitCount(facts.minimumBlock())).as("bits of the minimum").isOne();
            assertThat(facts.minimumBlock()).isLessThanOrEqualTo(65536);
            assertThat(Long.bitCount(facts.preferredBlock())).as("bits of the preferred size").isOne();
            assertThat(facts.preferredBlock()).isGreaterThanOrEqualTo(Math.max(512, facts.minimumBlock()));
            assertThat(facts.maximumPayload()).isGreaterThanOrEqualTo(facts.preferredBlock());
        }
    }

    @Rule({38, 39})
    void shouldNotKnowAnUnknownExport(Server server) {
        try (Haggle haggle = server.haggle()) {
            for (int option : BOTH) {
                OptionReply reply = haggle.askOne(option, Bytes.export(server.unknown(), ALL_TYPES));
                assertThat(reply.type()).isEqualTo(Nbd.ERR_UNKNOWN);
                haggle.expectUsable();
            }
            haggle.go(server.export()).expectUsable();
        }
    }

    @Rule(40)
    void shouldSayTheSameInInfoAndThenInGo(Server server) {
        for (int[] types : new int[][] {{}, {3}, ALL_TYPES}) {
            try (Haggle haggle = server.haggle()) {
                haggle.structured();
                List<OptionReply> info = haggle.ask(Nbd.OPT_INFO, Bytes.export(server.export(), types));
                List<OptionReply> go = haggle.ask(Nbd.OPT_GO, Bytes.export(server.export(), types));
                assertThat(go.stream().map(OptionReply::toString))
                        .as("answer to GO for types " + Arrays.toString(types))
                        .containsExactlyInAnyOrderElementsOf(info.stream().map(OptionReply::toString).toList());
            }
        }
    }

    @Rule(41)
    void shouldNotPadTheAnswerToGo(Server server) {
        for (int flags : new int[] {1, 3}) {
            try (Haggle haggle = server.haggle(flags)) {
                Link link = haggle.go(server.export());
                link.expectUsable();
                link.disconnect();
            }
        }
    }

    @Rule(42)
    void shouldStayInTheHandshakeAfterInfo(Server server) {
        try (Haggle haggle = server.haggle()) {
            haggle.info(server.export());
            haggle.expectUsable();
            haggle.info(server.export(), ALL_TYPES);
            haggle.expectUsable();
        }
    }

    @Rule({43, 44})
    void shouldNotInsistOnBlockSizes(Server server) {
        for (int option : BOTH) {
            try (Haggle haggle = server.haggle()) {
                List<OptionReply> with = haggle.ask(Nbd.OPT_INFO, Bytes.export(server.export(), 3));
                assertThat(Haggle.last(with).type()).as("with block sizes asked for").isEqualTo(Nbd.ACK);
                ExportFacts facts = ExportFacts.of(with);
                List<OptionReply> without = haggle.ask(option, Bytes.export(server.export()));
                if (facts.minimumBlock() == 1) {
                    assertThat(Haggle.last(without).type()).as("without, at a minimum of 1").isEqualTo(Nbd.ACK);
                } else if (Haggle.last(without).type() == Nbd.ERR_BLOCK_SIZE_REQD) {
                    assertThat(ExportFacts.info(without, Nbd.INFO_BLOCK_SIZE)).as("block sizes").isNotNull();
                }
            }
        }
    }

    @Rule(45)
    void shouldTakeTheLongestLegalName(Server server) {
        String ascii = "n".repeat(Nbd.MAX_STRING);
        String wide = "\u00e4".repeat(Nbd.MAX_STRING / 2);
        try (Haggle haggle = server.haggle()) {
            for (String name : List.of(ascii, wide)) {
                for (int option : BOTH) {
                    OptionReply reply = haggle.askOne(option, Bytes.export(name, 3));
                    assertThat(reply.type()).isEqualTo(Nbd.ERR_UNKNOWN);
                }
            }
            OptionReply longer = haggle.askOne(Nbd.OPT_INFO, Bytes.export(ascii + "n"));
            assertThat(longer.isError()).as("error for 4097 bytes").isTrue();
            haggle.expectUsable();
        }
    }
}
