package io.varve.nbd.fuzz;

import java.nio.charset.StandardCharsets;

/** The data of one option, front to back; what is not there or not a string is remembered as a mistake. */
final class OptionReader {

    private final Bytes bytes;
    private int at;
    private int limit;
    private boolean broken;
    private boolean badString;

    OptionReader(Bytes bytes) {
        this.bytes = bytes;
    }

    OptionReader reset(int newAt, int length) {
        at = newAt;
        limit = newAt + length;
        broken = false;
        badString = false;
        return this;
    }

    int remaining() {
        return limit - at;
    }

    /** Whether something was missing. */
    boolean isBroken() {
        return broken;
    }

    boolean hasBadString() {
        return badString;
    }

    private boolean has(long length) {
        broken |= length > remaining();
        return !broken;
    }

    int u16() {
        if (!has(2)) {
            return 0;
        }
        at += 2;
        return bytes.getU16(at - 2);
    }

    long u32() {
        if (!has(4)) {
            return 0;
        }
        at += 4;
        return bytes.getU32(at - 4) & 0xffff_ffffL;
    }

    String string() {
        return string(u32());
    }

    /** The empty string if there is none. */
    String string(long length) {
        if (!has(length)) {
            return "";
        }
        int from = bytes.from() + at;
        at += (int) length;
        if (length > Texts.MAX_LENGTH || !Texts.isString(bytes.array(), from, (int) length)) {
            badString = true;
            return "";
        }
        return new String(bytes.array(), from, (int) length, StandardCharsets.UTF_8);
    }
}
