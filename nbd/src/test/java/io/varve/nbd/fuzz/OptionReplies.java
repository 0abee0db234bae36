package io.varve.nbd.fuzz;

import static io.varve.nbd.fuzz.Fault.require;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.wire.ReplyStyle;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Takes the answers to options apart and judges their form (proto.md, "Fixed newstyle negotiation"). Numbers are
 * written out here, so that a wrong constant of the product is found.
 *
 * <p>Owned by the thread of the test.
 */
final class OptionReplies {

    // Sets of errors, as bits of their numbers
    static final int UNSUP = 1 << 1;
    static final int POLICY = 1 << 2;
    static final int INVALID = 1 << 3;
    static final int PLATFORM = 1 << 4;
    static final int TLS_REQD = 1 << 5;
    static final int UNKNOWN = 1 << 6;
    static final int SHUTDOWN = 1 << 7;
    static final int TOO_BIG = 1 << 9;
    static final int EXT_HEADER_REQD = 1 << 10;

    private static final long MAGIC = 0x3e889045565a9L;
    private static final int HEADER_LENGTH = 20;
    private static final int ACK = 1;
    private static final int SERVER = 2;
    private static final int INFO = 3;
    private static final int META_CONTEXT = 4;

    private final Bytes received;
    private final Reached reached;
    /** Of the reply at hand; its data begin behind the header. */
    private int type;
    private int length;

    OptionReplies(Bytes received, Reached reached) {
        this.reached = reached;
        this.received = received;
    }

    private void take(int option) {
        require(received.length() >= HEADER_LENGTH, "no answer to option @", option);
        require(received.getU64(0) == MAGIC, "a reply magic that is none, to option @", option);
        require(received.getU32(8) == option, "an answer to option @, asked was @", received.getU32(8), option);
        type = received.getU32(12);
        length = received.getU32(16);
        require(length >= 0 && length <= received.length() - HEADER_LENGTH, "a reply of @ bytes, and not so many came",
                length);
    }

    private void drop() {
        reached.option(received.getU32(8), type);
        received.drop(HEADER_LENGTH + length);
    }

    /** The final reply is an ACK. */
    void requireAck(int option) {
        take(option);
        require(type == ACK && length == 0, "reply @ instead of a bare ACK to option @", type, option);
        drop();
    }

    /** The only reply is an error. @param allowed which */
    void requireError(int option, int allowed) {
        take(option);
        require(type < 0, "reply @ instead of an error to option @", type, option);
        int number = type & Integer.MAX_VALUE;
        require(number > 0 && number < 31 && (allowed >>> number & 1) != 0, "error @ does not suit option @", number,
                option);
        require(length <= Texts.MAX_LENGTH
                && Texts.isDisplayable(received.array(), received.from() + HEADER_LENGTH, length),
                "a text nobody can read with error @ to option @", number, option);
        drop();
    }

    /** Replies to LIST. @param names of the exports that there are */
    void requireList(int option, Set<String> names) {
        Set<String> missing = new HashSet<>(names);
        for (take(option); type == SERVER; take(option)) {
            require(length >= 4, "a REP_SERVER of @ bytes", length);
            int nameLength = received.getU32(HEADER_LENGTH);
            require(nameLength >= 0 && nameLength <= length - 4, "a name of @ bytes in a REP_SERVER of @", nameLength,
                    length);
            require(missing.remove(string(4, nameLength)), "LIST shows what there is not, or twice");
            require(Texts.isDisplayable(received.array(), received.from() + HEADER_LENGTH + 4 + nameLength,
                    length - 4 - nameLength), "a description that is no text");
            string(4 + nameLength, length - 4 - nameLength);
            drop();
        }
        require(missing.isEmpty(), "LIST does not show @", missing);
        requireAck(option);
    }

    /** A string of the reply at hand. */
    private String string(int at, int stringLength) {
        require(stringLength <= Texts.MAX_LENGTH
                && Texts.isString(received.array(), received.from() + HEADER_LENGTH + at, stringLength),
                "a string of @ bytes that is none", stringLength);
        return new String(received.array(), received.from() + HEADER_LENGTH + at, stringLength, StandardCharsets.UTF_8);
    }

    /** Replies to INFO and GO. @return transmission flags */
    int requireInfos(int option, ExportInfo info, Set<Integer> wanted) {
        Set<Integer> seen = new HashSet<>();
        int flags = -1;
        for (take(option); type == INFO; take(option)) {
            require(length >= 2, "a REP_INFO of @ bytes", length);
            int kind = received.getU16(HEADER_LENGTH);
            require(seen.add(kind), "information @ twice", kind);
            switch (kind) {
                case 0 -> {
                    require(length == 12, "NBD_INFO_EXPORT of @ bytes", length);
                    require(received.getU64(HEADER_LENGTH + 2) == info.size(), "another size than the export's");
                    flags = received.getU16(HEADER_LENGTH + 10);
                }
                case 1 -> require(string(2, length - 2).equals(info.name()), "another name than the export's");
                case 2 -> require(!string(2, length - 2).isEmpty(), "a description that says nothing");
                case 3 -> requireBlockSizes();
                default -> throw new Fault("information " + kind);
            }
            drop();
        }
        require(flags >= 0, "no NBD_INFO_EXPORT before reply @ to option @", type, option);
        require(!wanted.contains(3) || seen.contains(3), "no block sizes, although they were asked for");
        requireAck(option);
        return flags;
    }

    private void requireBlockSizes() {
        require(length == 14, "NBD_INFO_BLOCK_SIZE of @ bytes", length);
        long minimum = received.getU32(HEADER_LENGTH + 2) & 0xffff_ffffL;
        long preferred = received.getU32(HEADER_LENGTH + 6) & 0xffff_ffffL;
        long maximum = received.getU32(HEADER_LENGTH + 10) & 0xffff_ffffL;
        require(Long.bitCount(minimum) == 1 && minimum <= 65536, "a minimum block of @ bytes", minimum);
        require(Long.bitCount(preferred) == 1 && preferred >= Math.max(512, minimum), "a preferred block of @ bytes",
                preferred);
        require(maximum == Facts.MAX_PAYLOAD, "a maximum payload of @ bytes", maximum);
    }

    /**
     * Replies to LIST_META_CONTEXT and SET_META_CONTEXT.
     *
     * @param expected names
     * @return ids by name
     */
    Map<String, Integer> requireContexts(int option, Set<String> expected) {
        Map<String, Integer> ids = new HashMap<>();
        Set<Integer> used = new HashSet<>();
        for (take(option); type == META_CONTEXT; take(option)) {
            require(length > 4, "a REP_META_CONTEXT of @ bytes", length);
            int id = received.getU32(HEADER_LENGTH);
            String name = string(4, length - 4);
            require(expected.contains(name), "a context that was not asked for: @", name);
            require(ids.put(name, id) == null, "a context twice: @", name);
            require(option == 9 ? id == 0 : used.add(id), "id @ in the answer to option @", id, option);
            drop();
        }
        require(ids.size() == expected.size(), "@ contexts instead of @", ids.size(), expected.size());
        requireAck(option);
        reached.option(option, ids.size());
        return ids;
    }

    /** The answer to EXPORT_NAME. @return transmission flags */
    int requireExport(ExportInfo info, int paddingLength) {
        require(received.length() >= 10 + paddingLength, "@ bytes are no answer to EXPORT_NAME", received.length());
        require(received.getU64(0) == info.size(), "another size than the export's");
        int flags = received.getU16(8);
        for (int i = 0; i < paddingLength; i++) {
            require(received.array()[received.from() + 10 + i] == 0, "padding that is not zero");
        }
        received.drop(10 + paddingLength);
        return flags;
    }

    /** What the flags must be (proto.md, "Transmission flags"). */
    static int flags(ExportInfo info, ReplyStyle style, int contextCount) {
        boolean writable = !info.has(Feature.READ_ONLY);
        boolean zeroes = info.has(Feature.WRITE_ZEROES) && writable;
        int flags = 1;
        flags |= writable ? 0 : 1 << 1;
        flags |= info.has(Feature.FLUSH) ? 1 << 2 : 0;
        flags |= info.has(Feature.FUA) ? 1 << 3 : 0;
        flags |= info.has(Feature.ROTATIONAL) ? 1 << 4 : 0;
        flags |= info.has(Feature.TRIM) && writable ? 1 << 5 : 0;
        flags |= zeroes ? 1 << 6 : 0;
        flags |= style != ReplyStyle.SIMPLE ? 1 << 7 : 0;
        flags |= info.has(Feature.CAN_MULTI_CONN) ? 1 << 8 : 0;
        flags |= info.has(Feature.CACHE) ? 1 << 10 : 0;
        flags |= info.has(Feature.FAST_ZERO) && zeroes ? 1 << 11 : 0;
        flags |= style == ReplyStyle.EXTENDED && contextCount > 0 ? 1 << 12 : 0;
        return flags;
    }
}
