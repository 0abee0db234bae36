package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** LIST_META_CONTEXT and SET_META_CONTEXT: rules 59 to 74. */
class MetaContextIT {

    private static final int[] BOTH = {Nbd.OPT_LIST_META, Nbd.OPT_SET_META};
    private static final String ALLOCATION = "base:allocation";

    private static Haggle haggle(Server server) {
        Haggle haggle = server.haggle();
        assertThat(haggle.structured()).as("structured replies").isTrue();
        return haggle;
    }

    /** Names in the replies of an option that has to succeed. */
    private static List<String> names(Haggle haggle, int option, String export, String... queries) {
        List<OptionReply> replies = haggle.ask(option, Bytes.queries(export, queries));
        assertThat(Haggle.last(replies).type()).as("final reply: " + replies).isEqualTo(Nbd.ACK);
        return replies.stream().filter(reply -> reply.type() == Nbd.META_CONTEXT).map(OptionReply::text).toList();
    }

    @Rule(59)
    void shouldRefuseQueriesThatDoNotAddUp(Server server) {
        String name = server.export();
        Map<String, byte[]> wrong = new LinkedHashMap<>();
        wrong.put("nothing", new byte[0]);
        wrong.put("half a length", new byte[3]);
        wrong.put("no count", Bytes.of().string(name).get());
        wrong.put("half a count", Bytes.of().string(name).u16(0).get());
        wrong.put("name of 4 GiB", Bytes.of().u32(0xffffffffL).text(name).u32(0).get());
        wrong.put("no query", Bytes.of().string(name).u32(1).get());
        wrong.put("query longer than the data", Bytes.of().string(name).u32(1).u32(99).text(ALLOCATION).get());
        wrong.put("query of 4 GiB", Bytes.of().string(name).u32(1).u32(0xffffffffL).text(ALLOCATION).get());
        wrong.put("fewer queries than counted", Bytes.of().string(name).u32(2).string(ALLOCATION).get());
        wrong.put("trailing bytes", Bytes.join(Bytes.queries(name, ALLOCATION), new byte[3]));
        wrong.put("trailing query", Bytes.of().string(name).u32(0).string(ALLOCATION).get());
        for (int option : BOTH) {
            try (Haggle haggle = haggle(server)) {
                wrong.forEach((what, data) -> {
                    assertThat(Haggle.last(haggle.ask(option, data)).type()).as(what).isEqualTo(Nbd.ERR_INVALID);
                    haggle.expectUsable();
                });
            }
        }
    }

    @Rule({59, 20})
    void shouldStayInStepBehindTrailingBytes(Server server) {
        for (int option : BOTH) {
            try (Haggle haggle = haggle(server)) {
                haggle.ask(option, Bytes.join(Bytes.queries(server.export(), ALLOCATION), new byte[7]));
                haggle.expectUsable();
                haggle.go(server.export()).expectUsable();
            }
        }
    }

    @Rule({60, 62})
    void shouldListBaseAllocation(Server server) {
        try (Haggle haggle = haggle(server)) {
            for (String query : List.of("base:", ALLOCATION)) {
                assertThat(names(haggle, Nbd.OPT_LIST_META, server.export(), query)).containsExactly(ALLOCATION);
            }
            haggle.expectUsable();
        }
    }

    @Rule(61)
    void shouldListEverythingWithoutAQuery(Server server) {
        try (Haggle haggle = haggle(server)) {
            assertThat(names(haggle, Nbd.OPT_LIST_META, server.export()))
                    .contains(ALLOCATION).doesNotHaveDuplicates();
        }
    }

    @Rule({63, 74})
    void shouldNotSelectByNamespace(Server server) {
        try (Haggle haggle = haggle(server)) {
            for (String query : List.of("base:", "qemu:", "x-varve:")) {
                assertThat(names(haggle, Nbd.OPT_SET_META, server.export(), query)).as(query).isEmpty();
            }
        }
    }

    @Rule({64, 65})
    void shouldIgnoreWhatItDoesNotKnow(Server server) {
        try (Haggle haggle = haggle(server)) {
            for (int option : BOTH) {
                for (String query : List.of("base:nothing", "base:allocation2", "base:alloc", "x-other:thing", "X:")) {
                    assertThat(names(haggle, option, server.export(), query)).as(query).isEmpty();
                }
                assertThat(names(haggle, option, server.export(), "x-other:", ALLOCATION, "base:nothing"))
                        .containsExactly(ALLOCATION);
            }
        }
    }

    @Rule(66)
    void shouldTakeAQueryWithoutAColonForNothing(Server server) {
        try (Haggle haggle = haggle(server)) {
            for (int option : BOTH) {
                for (String query : List.of("", "base", "allocation")) {
                    OptionReply reply = haggle.askOne(option, Bytes.queries(server.export(), query));
                    assertThat(reply.type()).as("answer to '" + query + "'").isIn(Nbd.ACK, Nbd.ERR_INVALID);
                }
            }
            haggle.expectUsable();
        }
    }

    @Rule({67, 87})
    void shouldNotSelectBeforeRepliesAreStructured(Server server) {
        try (Haggle haggle = server.haggle()) {
            assertThat(haggle.askOne(Nbd.OPT_SET_META, Bytes.queries(server.export(), ALLOCATION)).type())
                    .isEqualTo(Nbd.ERR_INVALID);
            OptionReply list = Haggle.last(haggle.ask(Nbd.OPT_LIST_META, Bytes.queries(server.export(), "base:")));
            assertThat(list.type()).as("answer to LIST").isIn(Nbd.ACK, Nbd.ERR_INVALID);
            haggle.expectUsable();
        }
    }

    @Rule(68)
    void shouldForgetASelectionWhenAnotherOneComes(Server server) {
        List<byte[]> others = List.of(
                Bytes.queries(server.export()),
                Bytes.queries(server.export(), "x-other:thing"),
                Bytes.queries(server.unknown(), ALLOCATION));
        for (byte[] other : others) {
            try (Haggle haggle = haggle(server)) {
                assertThat(names(haggle, Nbd.OPT_SET_META, server.export(), ALLOCATION)).hasSize(1);
                haggle.ask(Nbd.OPT_SET_META, other);
                Link link = haggle.go(server.export());
                assertThat(link.error(Nbd.STATUS, 0, 0, 4096)).as("BLOCK_STATUS").isEqualTo(Nbd.EINVAL);
                link.expectUsable();
            }
        }
    }

    @Rule(68)
    void shouldForgetASelectionAlsoWhenTheNextIsNoneAtAll(Server server) {
        try (Haggle haggle = haggle(server)) {
            assertThat(names(haggle, Nbd.OPT_SET_META, server.export(), ALLOCATION)).hasSize(1);
            assertThat(haggle.askOne(Nbd.OPT_SET_META, new byte[2]).type()).isEqualTo(Nbd.ERR_INVALID);
            Link link = haggle.go(server.export());
            assertThat(link.error(Nbd.STATUS, 0, 0, 4096)).as("BLOCK_STATUS").isEqualTo(Nbd.EINVAL);
        }
    }

    @Rule(69)
    void shouldSelectEachContextOnce(Server server) {
        try (Haggle haggle = haggle(server)) {
            String[] queries = Stream.concat(
                            Stream.of(ALLOCATION, ALLOCATION),
                            names(haggle, Nbd.OPT_LIST_META, server.export()).stream())
                    .toArray(String[]::new);
            List<OptionReply> replies = haggle.select(server.export(), queries);
            List<OptionReply> contexts = replies.subList(0, replies.size() - 1);
            assertThat(contexts.stream().map(OptionReply::text)).contains(ALLOCATION).doesNotHaveDuplicates();
            assertThat(contexts.stream().map(OptionReply::contextId)).doesNotHaveDuplicates();
            Link link = haggle.go(server.export());
            Answer answer = link.ask(Nbd.STATUS, 0, 0, Nbd.MIB);
            assertThat(answer.error).as("error").isZero();
            assertThat(answer.extents).as("contexts with a status").hasSameSizeAs(contexts);
        }
    }

    @Rule(70)
    void shouldListWithTheIdZero(Server server) {
        try (Haggle haggle = haggle(server)) {
            List<OptionReply> replies = haggle.ask(Nbd.OPT_LIST_META, Bytes.queries(server.export()));
            assertThat(replies.stream().filter(r -> r.type() == Nbd.META_CONTEXT).map(OptionReply::contextId))
                    .isNotEmpty().containsOnly(0);
        }
    }

    @Rule(71)
    void shouldSurviveManyQueries(Server server) {
        try (Haggle haggle = haggle(server)) {
            for (int count : new int[] {2, 60, 1000}) {
                String[] queries = new String[count];
                java.util.Arrays.fill(queries, "x-other:thing");
                queries[count - 1] = ALLOCATION;
                for (int option : BOTH) {
                    List<OptionReply> replies = haggle.ask(option, Bytes.queries(server.export(), queries));
                    assertThat(Haggle.last(replies).type()).isIn(Nbd.ACK, Nbd.ERR_TOO_BIG, Nbd.ERR_INVALID);
                    assertThat(replies).as("%d queries", count)
                            .hasSize(Haggle.last(replies).isError() ? 1 : 2);
                    haggle.expectUsable();
                }
            }
        }
    }

    @Rule(72)
    void shouldNotKnowContextsOfAnUnknownExport(Server server) {
        try (Haggle haggle = haggle(server)) {
            for (int option : BOTH) {
                assertThat(haggle.askOne(option, Bytes.queries(server.unknown(), ALLOCATION)).type())
                        .isEqualTo(Nbd.ERR_UNKNOWN);
                haggle.expectUsable();
            }
        }
    }

    @Rule(73)
    void shouldUseContextsForTheirExportAlone(Server server) {
        try (Haggle haggle = haggle(server)) {
            String other = server.peer() == Peer.VARVE ? server.shared() : "";
            haggle.select(server.export(), ALLOCATION);
            List<OptionReply> go = haggle.ask(Nbd.OPT_GO, Bytes.export(other));
            if (!Haggle.last(go).isError()) {
                Link link = haggle.link(other, ExportFacts.of(go));
                assertThat(link.error(Nbd.STATUS, 0, 0, 4096)).as("BLOCK_STATUS").isEqualTo(Nbd.EINVAL);
            }
        }
        try (Link link = server.structured(ALLOCATION)) {
            assertThat(link.ask(Nbd.STATUS, 0, 0, 4096).error).isZero();
        }
    }

    @Rule(73)
    void shouldUseContextsAfterExportNameToo(Server server) {
        try (Haggle haggle = haggle(server)) {
            haggle.select(server.export(), ALLOCATION);
            Link link = haggle.link(server.export(), ExportIT.exportName(haggle, server.export(), false));
            assertThat(link.ask(Nbd.STATUS, 0, 0, 4096).extents).hasSize(1);
        }
    }
}
