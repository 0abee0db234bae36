package io.varve.it.conform;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Big-endian bytes, put together field by field.
 *
 * <p>Owned by the test that builds them.
 */
final class Bytes {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    static Bytes of() {
        return new Bytes();
    }

    Bytes u16(int value) {
        out.write(value >> 8);
        out.write(value);
        return this;
    }

    Bytes u32(long value) {
        return u16((int) (value >> 16)).u16((int) value);
    }

    Bytes u64(long value) {
        return u32(value >>> 32).u32(value);
    }

    Bytes raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** The bytes of {@code text}, without a length. */
    Bytes text(String text) {
        return raw(text.getBytes(UTF_8));
    }

    /** A u32 with the length, then the bytes. */
    Bytes string(String text) {
        return u32(text.getBytes(UTF_8).length).text(text);
    }

    byte[] get() {
        return out.toByteArray();
    }

    /** An option as a client sends it. */
    static byte[] option(int option, byte[] data) {
        return of().u64(Nbd.IHAVEOPT).u32(option).u32(data.length).raw(data).get();
    }

    /** The data of INFO and GO. */
    static byte[] export(String name, int... infoTypes) {
        Bytes data = of().string(name).u16(infoTypes.length);
        Arrays.stream(infoTypes).forEach(data::u16);
        return data.get();
    }

    /** The data of LIST_META_CONTEXT and SET_META_CONTEXT. */
    static byte[] queries(String name, String... queries) {
        Bytes data = of().string(name).u32(queries.length);
        Arrays.stream(queries).forEach(data::string);
        return data.get();
    }

    static byte[] request(int type, int flags, long cookie, long offset, long length) {
        return of().u32(Nbd.REQUEST).u16(flags).u16(type).u64(cookie).u64(offset).u32(length).get();
    }

    static byte[] extendedRequest(int type, int flags, long cookie, long offset, long length) {
        return of().u32(Nbd.EXTENDED_REQUEST).u16(flags).u16(type).u64(cookie).u64(offset).u64(length).get();
    }

    /** Bytes that tell {@code mark} and their place in the row, and are nowhere zero. */
    static byte[] pattern(int length, int mark) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (1 + Math.floorMod(mark * 31 + i + (i >> 8), 255));
        }
        return bytes;
    }

    static byte[] join(byte[]... parts) {
        Bytes all = of();
        Arrays.stream(parts).forEach(all::raw);
        return all.get();
    }

    static ByteBuffer view(byte[] bytes) {
        return ByteBuffer.wrap(bytes);
    }

    /** The first bytes, for a message. */
    static String hex(byte[] bytes) {
        String shown = HexFormat.of().formatHex(bytes, 0, Math.min(64, bytes.length));
        return bytes.length + " bytes " + shown + (bytes.length > 64 ? "..." : "");
    }
}
