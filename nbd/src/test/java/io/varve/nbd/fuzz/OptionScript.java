package io.varve.nbd.fuzz;

import java.nio.charset.StandardCharsets;

/**
 * Writes the options of a client that is nearly always right, as a script has it.
 *
 * <p>Owned by the thread of the test.
 */
final class OptionScript {

    private static final byte[][] NAMES = bytes(
            "disk", "disk", "disk", "huge", "", "sealed", "plain", "gr\u00fc\u00df",
            FuzzDirectory.SHRINKING, FuzzDirectory.SECRET,
            "forbidden", "broken", "closing", "nothing", "di\u0000sk", "d".repeat(4096), "d".repeat(4097));
    private static final byte[][] QUERIES = bytes(
            "base:allocation", "base:allocation", "base:", "qemu:allocation-depth", "x:stripes", "x:", "base:x",
            "qemu:", "a:b", "", ":", "\u20ac", "base:alloc\u0000ation", "q".repeat(4097));
    private static final int[] OPTIONS = {8, 8, 11, 10, 10, 10, 9, 6, 6, 7, 3, 5, 5, 1, 2, 8, 11, 10, 7, 6};

    private final Bytes bytes;
    private Script script;

    OptionScript(Bytes bytes) {
        this.bytes = bytes;
    }

    private static byte[][] bytes(String... texts) {
        byte[][] all = new byte[texts.length][];
        for (int i = 0; i < texts.length; i++) {
            all[i] = texts[i].getBytes(StandardCharsets.UTF_8);
        }
        return all;
    }

    void reset(Script newScript) {
        script = newScript;
    }

    void clientFlags() {
        int choice = script.u8();
        bytes.u32(choice < 200 ? 3 : choice < 250 ? choice & 3 : choice < 253 ? choice : (int) script.bits(4));
    }

    /** One more option, whole. */
    void add() {
        int kind = script.u8();
        if (kind >= 250) {
            oddOption(kind);
            return;
        }
        int option = OPTIONS[kind % OPTIONS.length];
        boolean spoilt = script.once(24);
        int begin = bytes.length();
        header(option);
        switch (option) {
            case 1 -> bytes.put(name(), 0, name.length);
            case 6, 7 -> export(spoilt);
            case 9, 10 -> contexts(spoilt);
            default -> {
                if (spoilt) {
                    bytes.zeroes(script.u8());
                }
            }
        }
        if (spoilt && script.once(3)) {
            bytes.u8(script.u8());
        }
        setLength(begin, bytes.length() - begin - 16);
    }

    private byte[] name = {};

    private byte[] name() {
        int choice = script.u8();
        name = NAMES[(choice < 128 ? choice % 10 : choice) % NAMES.length];
        return name;
    }

    private void header(int option) {
        bytes.u64(script.once(200) ? script.bits(8) : 0x49484156454F5054L);
        bytes.u32(option);
        bytes.u32(0);
    }

    private void setLength(int begin, long length) {
        byte[] array = bytes.array();
        for (int i = 0; i < 4; i++) {
            array[bytes.from() + begin + 12 + i] = (byte) (length >>> 24 - 8 * i);
        }
    }

    /** Unknown, long, or announced as longer than it is. */
    private void oddOption(int kind) {
        int option = kind < 253 ? script.u8() & 15 : (int) script.bits(4);
        int begin = bytes.length();
        header(option);
        int length = (int) script.bits(2) >>> (kind == 250 ? 0 : 10);
        bytes.zeroes(length);
        setLength(begin, kind == 255 ? script.bits(4) : length);
    }

    private void string(byte[] text, boolean spoilt) {
        bytes.u32(spoilt && script.once(4) ? (int) script.bits(4) : text.length);
        bytes.put(text, 0, text.length);
    }

    private void export(boolean spoilt) {
        string(name(), spoilt);
        int count = script.u8() % 7;
        bytes.u16(spoilt && script.once(4) ? (int) script.bits(2) : count);
        for (int i = 0; i < count; i++) {
            bytes.u16(script.once(16) ? (int) script.bits(2) : script.u8() % 5);
        }
    }

    private void contexts(boolean spoilt) {
        string(name(), spoilt);
        int choice = script.u8();
        int count = choice < 240 ? choice % 4 : choice - 240;
        bytes.u32(spoilt && script.once(4) ? (int) script.bits(4) : count);
        for (int i = 0; i < count; i++) {
            int query = script.u8();
            string(QUERIES[(query < 160 ? query % 6 : query) % QUERIES.length], spoilt);
        }
    }
}
