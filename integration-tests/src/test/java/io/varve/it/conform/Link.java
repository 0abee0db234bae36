package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A client in transmission. A reply must have the style that was negotiated, answer a request that is open, and be
 * legal for it; {@link Answer} judges the rest.
 *
 * <p>Owned by the test that opened it, which closes it.
 */
final class Link implements AutoCloseable {

    /** What replies look like. */
    enum Style {
        SIMPLE,
        STRUCTURED,
        EXTENDED
    }

    private static final byte[] NOTHING = {};

    private final Wire wire;
    private final Style style;
    private final ExportFacts facts;
    private final Set<Integer> contexts;
    private final Map<Long, Answer> open = new LinkedHashMap<>();
    /** Cookies are opaque, so they look like nothing in particular. */
    private final Random cookies = new Random(11);

    Link(Wire wire, Style style, ExportFacts facts, Set<Integer> contexts) {
        this.wire = wire;
        this.style = style;
        this.facts = facts;
        this.contexts = contexts;
    }

    Wire wire() {
        return wire;
    }

    Style style() {
        return style;
    }

    ExportFacts facts() {
        return facts;
    }

    Set<Integer> contexts() {
        return contexts;
    }

    long send(int type, int flags, long offset, long length, byte... payload) {
        return sendAs(cookies.nextLong(), type, flags, offset, length, payload);
    }

    long sendAs(long cookie, int type, int flags, long offset, long length, byte... payload) {
        wire.send(plainHeader(type, flags | payloadFlag(type, payload.length), cookie, offset, length), payload);
        return expect(cookie, type, flags, offset, length);
    }

    /** What says, in the negotiated style, that a WRITE has its data with it. */
    private int payloadFlag(int type, long length) {
        return style == Style.EXTENDED && type == Nbd.WRITE && length != 0 ? Nbd.PAYLOAD_LEN : 0;
    }

    /** Takes note of a request that the test sent by itself. */
    long expect(long cookie, int type, int flags, long offset, long length) {
        assertThat(open.put(cookie, new Answer(type, flags, offset, length))).as("cookie in use").isNull();
        return cookie;
    }

    /** Of a request whose payload, if it has one, the test sends by itself. */
    byte[] header(int type, int flags, long cookie, long offset, long length) {
        return plainHeader(type, flags | payloadFlag(type, length), cookie, offset, length);
    }

    byte[] plainHeader(int type, int flags, long cookie, long offset, long length) {
        return style == Style.EXTENDED
                ? Bytes.extendedRequest(type, flags, cookie, offset, length)
                : Bytes.request(type, flags, cookie, offset, length);
    }

    /** Takes replies until this one is whole. */
    Answer await(long cookie) {
        Answer answer = open.get(cookie);
        assertThat(answer).as("open request").isNotNull();
        while (!answer.complete) {
            takeReply();
        }
        open.remove(cookie);
        return answer;
    }

    Answer ask(int type, int flags, long offset, long length, byte... payload) {
        return await(send(type, flags, offset, length, payload));
    }

    int error(int type, int flags, long offset, long length, byte... payload) {
        return ask(type, flags, offset, length, payload).error;
    }

    byte[] read(long offset, long length) {
        Answer answer = ask(Nbd.READ, 0, offset, length);
        assertThat(answer.error).as("error of a READ of %d at %d", length, offset).isZero();
        return answer.data;
    }

    void write(long offset, byte[] data, int flags) {
        assertThat(error(Nbd.WRITE, flags, offset, data.length, data)).as("error of a WRITE").isZero();
    }

    void write(long offset, byte[] data) {
        write(offset, data, 0);
    }

    void demand(int type, int flags, long offset, long length) {
        assertThat(error(type, flags, offset, length)).as("error of command " + type).isZero();
    }

    /** Nothing is left of what went before, and requests are answered. */
    void expectUsable() {
        assertThat(open).as("requests without an answer").isEmpty();
        assertThat(read(0, 512)).hasSize(512);
    }

    /** Says goodbye; the server has nothing more to say. */
    void disconnect() {
        wire.send(header(Nbd.DISC, 0, cookies.nextLong(), 0, 0));
        wire.expectEnd();
    }

    private void takeReply() {
        int magic = Bytes.view(wire.receive(4, "the magic of a reply")).getInt();
        switch (magic) {
            case Nbd.SIMPLE_REPLY -> takeSimple();
            case Nbd.CHUNK -> takeChunk();
            case Nbd.EXTENDED_CHUNK -> takeExtendedChunk();
            default -> throw new AssertionError("magic of a reply is " + Integer.toHexString(magic));
        }
    }

    private Answer find(long cookie) {
        Answer answer = open.get(cookie);
        assertThat(answer).as("request with the cookie %x", cookie).isNotNull();
        return answer;
    }

    private void takeSimple() {
        assertThat(style).as("style when a simple reply comes").isNotEqualTo(Style.EXTENDED);
        ByteBuffer in = Bytes.view(wire.receive(12, "a simple reply"));
        int error = in.getInt();
        Answer answer = find(in.getLong());
        assertThat(answer.complete).as("answered before").isFalse();
        if (style == Style.STRUCTURED) {
            assertThat(answer.type).as("command with a simple reply").isNotEqualTo(Nbd.READ);
            assertThat(answer.type == Nbd.STATUS && error == 0).as("simple success of BLOCK_STATUS").isFalse();
        }
        boolean content = answer.type == Nbd.READ && error == 0;
        answer.simple(error, content ? wire.receive((int) answer.length, "the data of a READ") : NOTHING);
    }

    private void takeChunk() {
        assertThat(style).as("style when a chunk comes").isEqualTo(Style.STRUCTURED);
        ByteBuffer in = Bytes.view(wire.receive(16, "a chunk"));
        int flags = in.getShort() & 0xffff;
        int type = in.getShort() & 0xffff;
        Answer answer = find(in.getLong());
        answer.chunk(flags, type, body(Integer.toUnsignedLong(in.getInt())), this);
    }

    private void takeExtendedChunk() {
        assertThat(style).as("style when an extended chunk comes").isEqualTo(Style.EXTENDED);
        ByteBuffer in = Bytes.view(wire.receive(28, "an extended chunk"));
        int flags = in.getShort() & 0xffff;
        int type = in.getShort() & 0xffff;
        Answer answer = find(in.getLong());
        assertThat(in.getLong()).as("offset that is echoed").isEqualTo(answer.offset);
        answer.chunk(flags, type, body(in.getLong()), this);
    }

    private byte[] body(long length) {
        assertThat(length).as("length of a chunk").isBetween(0L, 2L * Nbd.TOLERATED_PAYLOAD);
        return wire.receive((int) length, "the rest of a chunk");
    }

    @Override
    public void close() {
        wire.close();
    }
}
