package io.varve.nbd.negotiate;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.nbd.wire.NbdProtocol;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** What a client sends, spelled byte by byte and without the codecs under test. Owned by the test's thread. */
final class ClientBytes {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    static ClientBytes flags(int flags) {
        return new ClientBytes().u32(flags);
    }

    /** Fixed newstyle, no zeroes. */
    static ClientBytes usual() {
        return flags(3);
    }

    static ClientBytes data() {
        return new ClientBytes();
    }

    ClientBytes option(int option, ClientBytes data) {
        return header(option, data.bytes.size()).raw(data.toArray());
    }

    ClientBytes option(int option) {
        return header(option, 0);
    }

    ClientBytes header(int option, long announcedLength) {
        return u64(0x49484156454f5054L).u32(option).u32(announcedLength);
    }

    ClientBytes go(String name, int... infoTypes) {
        return option(NbdProtocol.OPT_GO, export(name, infoTypes));
    }

    ClientBytes info(String name, int... infoTypes) {
        return option(NbdProtocol.OPT_INFO, export(name, infoTypes));
    }

    ClientBytes structured() {
        return option(NbdProtocol.OPT_STRUCTURED_REPLY);
    }

    ClientBytes setContexts(String name, String... queries) {
        return option(NbdProtocol.OPT_SET_META_CONTEXT, queries(name, queries));
    }

    ClientBytes listContexts(String name, String... queries) {
        return option(NbdProtocol.OPT_LIST_META_CONTEXT, queries(name, queries));
    }

    static ClientBytes export(String name, int... infoTypes) {
        final ClientBytes data = data().string(name).u16(infoTypes.length);
        for (final int infoType : infoTypes) {
            data.u16(infoType);
        }
        return data;
    }

    static ClientBytes queries(String name, String... queries) {
        final ClientBytes data = data().string(name).u32(queries.length);
        for (final String query : queries) {
            data.string(query);
        }
        return data;
    }

    ClientBytes string(String text) {
        return u32(text.getBytes(UTF_8).length).text(text);
    }

    ClientBytes text(String text) {
        return raw(text.getBytes(UTF_8));
    }

    ClientBytes u16(int value) {
        return raw(ByteBuffer.allocate(2).putShort((short) value).array());
    }

    ClientBytes u32(long value) {
        return raw(ByteBuffer.allocate(4).putInt((int) value).array());
    }

    ClientBytes u64(long value) {
        return raw(ByteBuffer.allocate(8).putLong(value).array());
    }

    ClientBytes raw(byte... more) {
        bytes.writeBytes(more);
        return this;
    }

    byte[] toArray() {
        return bytes.toByteArray();
    }
}
