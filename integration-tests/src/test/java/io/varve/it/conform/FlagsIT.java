package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** Transmission flags and size constraints: rules 89 to 103. */
class FlagsIT {

    @Rule(value = 89, styles = Styles.ALL)
    void shouldAlwaysHaveFlagsAndKeepWhatTheyPromise(Server server) {
        try (Link link = server.link()) {
            ExportFacts facts = link.facts();
            assertThat(facts.has(Nbd.HAS_FLAGS)).as("HAS_FLAGS").isTrue();
            assertThat(facts.flags() & ~Nbd.KNOWN_FLAGS).as("unknown flags").isZero();
            if (facts.has(Nbd.SEND_FLUSH)) {
                link.demand(Nbd.FLUSH, 0, 0, 0);
            }
            if (facts.has(Nbd.SEND_TRIM)) {
                link.demand(Nbd.TRIM, 0, Nbd.MIB, Nbd.MIB);
            }
            if (facts.has(Nbd.SEND_WRITE_ZEROES)) {
                link.demand(Nbd.ZEROES, 0, Nbd.MIB, Nbd.MIB);
            }
            link.expectUsable();
        }
    }

    @Rule(value = {90, 134}, styles = Styles.ALL)
    void shouldRefuseToChangeAReadOnlyExport(Server server) {
        try (Haggle haggle = server.haggleReadOnly().in(server.style())) {
            Link link = haggle.go(server.frozen());
            assertThat(link.facts().has(Nbd.READ_ONLY)).as("READ_ONLY").isTrue();
            byte[] before = link.read(0, 8192);
            assertThat(link.error(Nbd.WRITE, 0, 0, 8192, Bytes.pattern(8192, 90))).as("WRITE").isEqualTo(Nbd.EPERM);
            assertThat(link.error(Nbd.TRIM, 0, 0, 8192)).as("TRIM").isEqualTo(Nbd.EPERM);
            assertThat(link.error(Nbd.ZEROES, 0, 0, 8192)).as("WRITE_ZEROES").isEqualTo(Nbd.EPERM);
            assertThat(link.read(0, 8192)).as("content").isEqualTo(before);
            link.expectUsable();
        }
    }

    @Rule(91)
    void shouldOfferDfWithStructuredRepliesAlone(Server server) {
        try (Link simple = server.simple(); Link structured = server.structured()) {
            assertThat(simple.facts().has(Nbd.SEND_DF)).as("SEND_DF with simple replies").isFalse();
            if (structured.facts().has(Nbd.SEND_DF)) {
                structured.demand(Nbd.READ, Nbd.DF, 0, 65536);
            }
        }
    }

    @Rule(92)
    void shouldOfferFastZeroWithZeroesAlone(Server server) {
        try (Haggle writable = server.haggle(); Haggle frozen = server.haggleReadOnly()) {
            for (ExportFacts facts : List.of(writable.info(server.export()), frozen.info(server.frozen()))) {
                if (facts.has(Nbd.SEND_FAST_ZERO)) {
                    assertThat(facts.has(Nbd.SEND_WRITE_ZEROES)).as("SEND_WRITE_ZEROES").isTrue();
                }
            }
        }
    }

    @Rule(value = 93, styles = Styles.ALL)
    void shouldShowWhatWasFlushedOnEveryConnection(Server server) {
        String name = server.shared();
        try (Link writer = server.link(server.style(), name); Link reader = server.link(server.style(), name)) {
            if (writer.facts().has(Nbd.CAN_MULTI_CONN)) {
                for (int round = 0; round < 20; round++) {
                    reader.read(0, 4096); // what is remembered of it must not be shown again
                    byte[] data = Bytes.pattern(4096, round);
                    if (round % 2 == 0) {
                        writer.write(0, data);
                        reader.demand(Nbd.FLUSH, 0, 0, 0);
                    } else {
                        writer.write(0, data, Nbd.FUA);
                    }
                    assertThat(reader.read(0, 4096)).as("round %d", round).isEqualTo(data);
                }
            }
        }
    }

    @Rule(value = 94, styles = Styles.ALL)
    void shouldStayTheSameFromOneConnectionToTheNext(Server server) {
        ExportFacts first = null;
        for (int i = 0; i < 3; i++) {
            try (Link link = server.link()) {
                first = first == null ? link.facts() : first;
                assertThat(link.facts()).isEqualTo(first);
                link.write(0, Bytes.pattern(512, i));
                link.disconnect();
            }
        }
    }

    @Rule({96, 97})
    void shouldHaveSizesThatFit(Server server) {
        try (Haggle haggle = server.haggle()) {
            ExportFacts facts = haggle.info(server.export(), Nbd.INFO_BLOCK_SIZE);
            assertThat(facts.maximumPayload()).as("payload").isGreaterThanOrEqualTo(Math.min(Nbd.MIB, facts.size()));
            assertThat(facts.size() % facts.minimumBlock()).as("size over whole blocks").isZero();
        }
    }

    @Rule(98)
    void shouldServeClientsThatDoNotAskForBlockSizes(Server server) {
        try (Haggle haggle = server.haggle()) {
            List<OptionReply> replies = haggle.ask(Nbd.OPT_GO, Bytes.export(server.export()));
            assertThat(Haggle.last(replies).type()).isEqualTo(Nbd.ACK);
            Link link = haggle.link(server.export(), ExportFacts.of(replies));
            if (link.facts().minimumBlock() == 1) {
                link.write(3, new byte[] {7});
                assertThat(link.read(3, 1)).isEqualTo(new byte[] {7});
                byte[] data = Bytes.pattern(Nbd.TOLERATED_PAYLOAD, 98);
                link.write(1, data);
                assertThat(link.read(1, data.length)).isEqualTo(data);
            }
        }
    }

    @Rule(99)
    void shouldSayUnusualBlockSizesWhenAsked(Server server) {
        try (Haggle haggle = server.haggle()) {
            List<OptionReply> asked = haggle.ask(Nbd.OPT_INFO, Bytes.export(server.export(), Nbd.INFO_BLOCK_SIZE));
            ExportFacts facts = ExportFacts.of(asked);
            Link link = haggle.go(server.export());
            long largest = Math.min(Nbd.TOLERATED_PAYLOAD, facts.maximumPayload());
            assertThat(link.error(Nbd.READ, 0, 0, largest)).as("READ of the maximum").isZero();
            assertThat(link.error(Nbd.READ, 0, 0, facts.minimumBlock())).as("READ of the minimum").isZero();
        }
    }

    @Rule(value = {100, 130, 133, 140, 144, 154}, styles = Styles.CHUNKED)
    void shouldRefuseWhatLiesBeyondTheEnd(Server server) {
        try (Link link = server.link("base:allocation")) {
            long size = link.facts().size();
            byte[] tail = link.read(size - 4096, 4096);
            for (long offset : new long[] {size - 512, size, size + 512, 1L << 40, Long.MAX_VALUE - 511}) {
                byte[] data = Bytes.pattern(1024, 100);
                assertThat(link.error(Nbd.READ, 0, offset, 1024)).as("READ").isEqualTo(Nbd.EINVAL);
                assertThat(link.error(Nbd.WRITE, 0, offset, 1024, data)).as("WRITE").isIn(Nbd.ENOSPC, Nbd.EINVAL);
                assertThat(link.error(Nbd.TRIM, 0, offset, 1024)).as("TRIM").isEqualTo(Nbd.EINVAL);
                assertThat(link.error(Nbd.ZEROES, 0, offset, 1024)).as("ZEROES").isIn(Nbd.ENOSPC, Nbd.EINVAL);
                assertThat(link.error(Nbd.STATUS, 0, offset, 1024)).as("STATUS").isEqualTo(Nbd.EINVAL);
                assertThat(link.read(size - 4096, 4096)).as("end of the export").isEqualTo(tail);
            }
            link.expectUsable();
        }
    }

    @Rule(value = {102, 112}, styles = Styles.ALL)
    void shouldNotHangUpOnLongCommandsWithoutAPayload(Server server) {
        try (Link link = server.link()) {
            for (int type : new int[] {Nbd.TRIM, Nbd.ZEROES, Nbd.CACHE}) {
                assertThat(link.error(type, 0, 0, link.facts().size()))
                        .as("command %d over the whole export", type).isIn(0, Nbd.EINVAL, Nbd.EOVERFLOW);
                assertThat(link.error(type, 0, 0, 0xffffffffL)).as("command %d of 4 GiB", type).isNotZero();
            }
            link.expectUsable();
        }
    }

    @Rule(value = 103, styles = Styles.ALL)
    void shouldNotBelieveAWriteOfFourGibibytes(Server server) {
        for (long length : new long[] {0xffffffffL, 0x80000000L, Nbd.TOLERATED_PAYLOAD + 1}) {
            try (Link link = server.link()) {
                link.wire().send(link.header(Nbd.WRITE, 0, 1, 0, length));
                link.wire().sendUnread(new byte[200_000]);
                server.expectAlive();
                link.wire().drop();
            }
        }
        server.expectAlive();
    }
}
