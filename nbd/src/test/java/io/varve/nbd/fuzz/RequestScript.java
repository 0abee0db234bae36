package io.varve.nbd.fuzz;

/**
 * Writes the requests of a client that is nearly always right, as a script has it.
 *
 * <p>Owned by the thread of the test.
 */
final class RequestScript {

    private static final int[] TYPES = {
        RequestRules.READ, RequestRules.READ, RequestRules.READ, RequestRules.READ, RequestRules.WRITE,
        RequestRules.WRITE, RequestRules.WRITE, RequestRules.FLUSH, RequestRules.TRIM, RequestRules.CACHE,
        RequestRules.WRITE_ZEROES, RequestRules.WRITE_ZEROES, RequestRules.BLOCK_STATUS, RequestRules.BLOCK_STATUS};
    private static final int[] FLAGS = {
        RequestRules.FUA, RequestRules.DF, RequestRules.REQ_ONE, RequestRules.NO_HOLE, RequestRules.FAST_ZERO,
        RequestRules.PAYLOAD_LEN, RequestRules.DF, RequestRules.REQ_ONE};
    /** Bytes of payload that an input may have; more are only announced. */
    private static final int LONG_PAYLOADS = 34 << 20;

    private final ClientStream client;
    private Facts facts;
    private Script script;
    private int longLeft;

    RequestScript(ClientStream client) {
        this.client = client;
    }

    void reset(Facts newFacts, Script newScript) {
        facts = newFacts;
        script = newScript;
        longLeft = LONG_PAYLOADS;
    }

    /** One more request at the end of the stream, whole. */
    void add() {
        int kind = script.u8();
        int type = kind < 252 ? TYPES[kind % TYPES.length]
                : kind == 252 ? RequestRules.DISC : (int) script.bits(kind == 253 ? 2 : 1);
        int flags = flags(type);
        long offset = offset();
        long length = length(offset, type);
        if (type == RequestRules.FLUSH && !script.once(16)) {
            offset = 0;
            length = 0;
        }
        boolean hasPayload = type == RequestRules.WRITE
                || facts.extended() && (flags & RequestRules.PAYLOAD_LEN) != 0;
        if (hasPayload && type == RequestRules.BLOCK_STATUS) {
            addStatus(flags, offset, length);
            return;
        }
        header(flags, type, offset, length);
        if (hasPayload && length > 0 && length <= Math.max(1 << 17, longLeft)) {
            longLeft -= length > 1 << 17 ? (int) length : 0;
            Bytes bytes = client.bytes();
            int at = bytes.extend((int) length);
            Pattern.copy(bytes.array(), at, (int) length, client.count() + script.u8() * 256);
        }
    }

    private void header(int flags, int type, long offset, long length) {
        Bytes bytes = client.bytes();
        bytes.u32(script.once(256) ? (int) script.bits(4) : facts.extended() ? 0x21e41c71 : 0x25609513);
        bytes.u16(flags);
        bytes.u16(type);
        bytes.u64(cookie());
        bytes.u64(offset);
        if (facts.extended()) {
            bytes.u64(length);
        } else {
            bytes.u32((int) length);
        }
    }

    /** The payload is a length and the ids of contexts. */
    private void addStatus(int flags, long offset, long length) {
        int choice = script.u8();
        int count = choice % 5;
        int payloadLength = 8 + 4 * count + (choice >= 250 ? choice - 252 : 0);
        header(flags, RequestRules.BLOCK_STATUS, offset, payloadLength);
        Bytes bytes = client.bytes();
        int begin = bytes.length();
        bytes.u64(length);
        for (int i = 0; i < count; i++) {
            int[] ids = facts.contextIds();
            int id = ids.length == 0 ? 1 : ids[(choice / 5 + i) % ids.length];
            bytes.u32(script.once(64) ? script.u8() : id);
        }
        while (bytes.length() < begin + payloadLength) {
            bytes.u8(0);
        }
    }

    private long cookie() {
        int choice = script.u8();
        long ordinal = client.count();
        return switch (choice & 7) {
            case 0 -> ordinal;
            case 1 -> ~ordinal;
            case 2 -> client.count() > 0 ? client.request(choice % client.count()).cookie : 0;
            case 3 -> Long.MIN_VALUE | ordinal;
            default -> (long) choice << 56 | ordinal << 8;
        };
    }

    private int flags(int type) {
        int choice = script.u8();
        int payload = facts.extended() && type == RequestRules.WRITE ? RequestRules.PAYLOAD_LEN : 0;
        if (choice < 128) {
            return payload;
        }
        if (choice < 250) {
            int flag = FLAGS[choice % FLAGS.length];
            boolean suits = switch (flag) {
                case RequestRules.DF -> type == RequestRules.READ;
                case RequestRules.REQ_ONE -> type == RequestRules.BLOCK_STATUS;
                case RequestRules.NO_HOLE, RequestRules.FAST_ZERO -> type == RequestRules.WRITE_ZEROES;
                case RequestRules.PAYLOAD_LEN -> facts.extended() && type == RequestRules.BLOCK_STATUS;
                default -> true;
            };
            return payload | (suits || choice >= 240 ? flag : 0);
        }
        return choice == 250 ? payload ^ RequestRules.PAYLOAD_LEN : (int) script.bits(2);
    }

    private long offset() {
        long size = facts.info().size();
        int choice = script.u8();
        if (choice < 96) {
            return choice % 64 * 4096L;
        }
        if (choice < 160) {
            return script.bits(2) * 3;
        }
        if (choice < 224) {
            return Math.max(0, size - (choice < 192 ? (choice - 160) * 4096L : script.bits(2)));
        }
        return choice < 240 ? (script.bits(8) & Long.MAX_VALUE) % Math.max(1, size) : script.bits(8);
    }

    private long length(long offset, int type) {
        int choice = script.u8();
        if (choice < 96) {
            return 1 + script.u8() * 2;
        }
        if (choice < 192) {
            return (1 + choice % 12) * 4096L;
        }
        if (choice < 232) {
            return 1 + script.bits(2) % (choice < 212 ? 8192 : 65536);
        }
        if (choice < 240) {
            return type == RequestRules.READ || type == RequestRules.WRITE
                    ? script.bits(2) * 2
                    : facts.info().size() - offset;
        }
        return switch (choice) {
            case 240, 241, 242 -> 0;
            case 243 -> script.once(32) ? script.bits(2) << 9 : 512;
            case 244 -> script.once(32) ? Facts.MAX_PAYLOAD : 1;
            case 245 -> Facts.MAX_PAYLOAD + 1L + script.u8();
            case 246 -> script.bits(4);
            case 247 -> script.bits(8);
            case 248 -> facts.info().size();
            default -> (1L << 32) + script.u8();
        };
    }
}
