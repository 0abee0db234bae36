package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A client in the handshake. It believes nothing: each reply must be one that its option allows.
 *
 * <p>Owned by the test that opened it, which closes it.
 */
final class Haggle implements AutoCloseable {

    private static final int MAX_REPLY = 1 << 20;

    private final Wire wire;
    private boolean structured;
    private boolean extended;
    private String contextsFor = "";
    private Set<Integer> contexts = Set.of();

    /** Takes the greeting, and answers it. */
    Haggle(Wire wire, int clientFlags) {
        this.wire = wire;
        greeting(wire);
        wire.send(Bytes.of().u32(clientFlags).get());
    }

    /** @return the flags of the server */
    static int greeting(Wire wire) {
        ByteBuffer greeting = Bytes.view(wire.receive(18, "the greeting"));
        assertThat(greeting.getLong()).as("first magic").isEqualTo(Nbd.NBDMAGIC);
        assertThat(greeting.getLong()).as("second magic").isEqualTo(Nbd.IHAVEOPT);
        return greeting.getShort() & 0xffff;
    }

    Wire wire() {
        return wire;
    }

    /** Sends an option and takes all replies to it. */
    List<OptionReply> ask(int option, byte... data) {
        wire.send(Bytes.option(option, data));
        return replies(option);
    }

    /** The final reply to an option which gets no other. */
    OptionReply askOne(int option, byte... data) {
        List<OptionReply> replies = ask(option, data);
        assertThat(replies).as("replies to option " + option).hasSize(1);
        return replies.get(0);
    }

    /** Up to and with the final one. */
    List<OptionReply> replies(int option) {
        List<OptionReply> replies = new ArrayList<>();
        do {
            ByteBuffer header = Bytes.view(wire.receive(20, "a reply to option " + option));
            assertThat(header.getLong()).as("magic of the reply").isEqualTo(Nbd.REPLY_MAGIC);
            assertThat(header.getInt()).as("option that is echoed").isEqualTo(option);
            int type = header.getInt();
            int length = header.getInt();
            assertThat(length).as("length of the reply").isBetween(0, MAX_REPLY);
            replies.add(new OptionReply(type, wire.receive(length, "the data of the reply")));
            if (replies.size() > 1 || type > 0) {
                checkAllowed(option, type);
            }
        } while (!replies.get(replies.size() - 1).isFinal());
        return replies;
    }

    private static void checkAllowed(int option, int type) {
        int allowed = switch (option) {
            case Nbd.OPT_LIST -> Nbd.SERVER;
            case Nbd.OPT_INFO, Nbd.OPT_GO -> Nbd.INFO;
            case Nbd.OPT_LIST_META, Nbd.OPT_SET_META -> Nbd.META_CONTEXT;
            default -> Nbd.ACK;
        };
        assertThat(type == Nbd.ACK || type == allowed || type < 0)
                .as("reply %d to option %d is of its kind", type, option)
                .isTrue();
    }

    /** STARTTLS, and the handshake; what was agreed on before is forgotten on both sides. */
    void startTls(TlsLayer layer) {
        assertThat(askOne(Nbd.OPT_STARTTLS).type()).as("answer to STARTTLS").isEqualTo(Nbd.ACK);
        wire.secure(layer);
        structured = false;
        extended = false;
        contexts = Set.of();
    }

    /** Agrees on the style of replies. */
    Haggle in(Link.Style style) {
        boolean agreed = switch (style) {
            case SIMPLE -> true;
            case STRUCTURED -> structured();
            case EXTENDED -> extended();
        };
        assertThat(agreed).as("agreed on %s replies", style).isTrue();
        return this;
    }

    boolean structured() {
        structured = askOne(Nbd.OPT_STRUCTURED_REPLY).type() == Nbd.ACK;
        return structured;
    }

    /** @return whether the server speaks them; the only legal refusal is ERR_UNSUP */
    boolean extended() {
        OptionReply reply = askOne(Nbd.OPT_EXTENDED_HEADERS);
        assertThat(reply.type()).as("answer to EXTENDED_HEADERS").isIn(Nbd.ACK, Nbd.ERR_UNSUP);
        extended = reply.type() == Nbd.ACK;
        return extended;
    }

    /** SET_META_CONTEXT. */
    List<OptionReply> select(String export, String... queries) {
        List<OptionReply> replies = ask(Nbd.OPT_SET_META, Bytes.queries(export, queries));
        contextsFor = export;
        contexts = new HashSet<>();
        if (!last(replies).isError()) {
            replies.stream().filter(r -> r.type() == Nbd.META_CONTEXT).forEach(r -> contexts.add(r.contextId()));
        }
        return replies;
    }

    ExportFacts info(String export, int... infoTypes) {
        return facts(ask(Nbd.OPT_INFO, Bytes.export(export, infoTypes)));
    }

    private static ExportFacts facts(List<OptionReply> replies) {
        assertThat(last(replies).type()).as("final reply: " + replies).isEqualTo(Nbd.ACK);
        return ExportFacts.of(replies);
    }

    /** GO with the block sizes asked for. */
    Link go(String export) {
        ExportFacts facts = facts(ask(Nbd.OPT_GO, Bytes.export(export, Nbd.INFO_BLOCK_SIZE)));
        return link(export, facts);
    }

    /** The client of transmission, after the export was entered in whatever way. */
    Link link(String export, ExportFacts facts) {
        Link.Style style =
                extended ? Link.Style.EXTENDED : structured ? Link.Style.STRUCTURED : Link.Style.SIMPLE;
        return new Link(wire, style, facts, export.equals(contextsFor) ? contexts : Set.of());
    }

    /** The connection still haggles: an unknown option gets its answer, and nothing lies before it. */
    void expectUsable() {
        assertThat(askOne(4711).type()).as("answer to an unknown option").isEqualTo(Nbd.ERR_UNSUP);
    }

    static OptionReply last(List<OptionReply> replies) {
        return replies.get(replies.size() - 1);
    }

    @Override
    public void close() {
        wire.close();
    }
}
