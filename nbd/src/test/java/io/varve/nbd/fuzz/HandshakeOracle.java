package io.varve.nbd.fuzz;

import static io.varve.nbd.fuzz.Fault.require;
import static io.varve.nbd.fuzz.OptionReplies.EXT_HEADER_REQD;
import static io.varve.nbd.fuzz.OptionReplies.INVALID;
import static io.varve.nbd.fuzz.OptionReplies.PLATFORM;
import static io.varve.nbd.fuzz.OptionReplies.POLICY;
import static io.varve.nbd.fuzz.OptionReplies.SHUTDOWN;
import static io.varve.nbd.fuzz.OptionReplies.TLS_REQD;
import static io.varve.nbd.fuzz.OptionReplies.TOO_BIG;
import static io.varve.nbd.fuzz.OptionReplies.UNKNOWN;
import static io.varve.nbd.fuzz.OptionReplies.UNSUP;

import io.varve.nbd.export.ExportDirectory.Listing;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.negotiate.Negotiated.SelectedContext;
import io.varve.nbd.negotiate.NegotiationLimits;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.negotiate.TlsMode;
import io.varve.nbd.wire.ReplyStyle;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Plays the server's part of a handshake along with the server, from what the client said alone, and compares: each
 * option has one whole answer, of a kind that proto.md allows at that point, as soon as it is there.
 *
 * <p>Where proto.md leaves a choice, more than one answer is right; where it says SHOULD, that is demanded.
 *
 * <p>Owned by the thread of the test.
 */
final class HandshakeOracle {

    private static final int OPTION_HEADER = 16;

    private final Bytes client;
    private final Bytes received;
    private final OptionReplies replies;
    private final OptionReader data;

    private NegotiationLimits limits;
    private TlsMode tls;
    private FuzzDirectory directory;
    private boolean secure;
    private boolean awaitsTls;
    private boolean greeted;
    private boolean flagged;
    private boolean fixed;
    private int paddingLength;
    private int optionCount;
    /** Byte of the client's where the next option begins. */
    private int position;
    private int stopPosition;
    private ReplyStyle style;
    private String selectedFor;
    private String selectedName;
    private Map<String, Integer> selected;
    private int stepLength;

    /** What GO or EXPORT_NAME opened. */
    private ExportInfo opened;
    private int openedFlags;
    private Map<String, Integer> openedContexts;

    HandshakeOracle(Bytes client, Bytes received, Reached reached) {
        this.client = client;
        this.received = received;
        this.replies = new OptionReplies(received, reached);
        this.data = new OptionReader(client);
    }

    void reset(NegotiationLimits newLimits, TlsMode newTls, FuzzDirectory newDirectory) {
        limits = newLimits;
        tls = newTls;
        greeted = false;
        awaitsTls = false;
        flagged = false;
        fixed = true;
        optionCount = 0;
        position = 0;
        stopPosition = Integer.MAX_VALUE;
        received.clear();
        opened = null;
        forget(newDirectory, false);
    }

    private void forget(FuzzDirectory newDirectory, boolean nowSecure) {
        directory = newDirectory;
        secure = nowSecure;
        style = ReplyStyle.SIMPLE;
        clearSelection();
    }

    private void clearSelection() {
        selectedFor = "";
        selectedName = "";
        selected = Map.of();
    }

    void secured(FuzzDirectory newDirectory) {
        forget(newDirectory, true);
        awaitsTls = false;
    }

    /** Options of which the header ends behind byte {@code delivered} come too late. */
    void stopped(int delivered) {
        stopPosition = Math.min(stopPosition, delivered);
    }

    int optionCount() {
        return optionCount;
    }

    /** Where transmission begins. */
    int position() {
        return position;
    }

    /** Judges one step of the server: what it said, and how it goes on. @param delivered bytes it has in all */
    void judge(int delivered, Outcome outcome) {
        if (!greeted) {
            greet();
        }
        stepLength = 0;
        // Between STARTTLS and TLS nothing in plain text is looked at.
        Outcome expected = awaitsTls ? Outcome.START_TLS : Outcome.CONTINUE;
        while (expected == Outcome.CONTINUE) {
            int before = received.length();
            Outcome next = next(delivered, outcome);
            stepLength += before - received.length();
            if (next == null) {
                break;
            }
            expected = next;
        }
        if (expected == Outcome.START_TLS && delivered > position) {
            expected = Outcome.CLOSE;
        }
        awaitsTls = expected == Outcome.START_TLS;
        require(received.length() == 0, "@ bytes too many, the next option is at @", received.length(), position);
        require(outcome == expected, "the wrong way on, instead of @", expected);
    }

    private void greet() {
        require(received.length() >= 18 && received.getU64(0) == 0x4e42444d41474943L
                && received.getU64(8) == 0x49484156454f5054L, "no greeting");
        require(received.getU16(16) == 3, "handshake flags @", received.getU16(16));
        received.drop(18);
        greeted = true;
    }

    /** @return what follows the next thing that the client said; null if that is not all there */
    private Outcome next(int delivered, Outcome outcome) {
        if (!flagged) {
            return delivered < 4 ? null : clientFlags();
        }
        if (delivered - position < OPTION_HEADER) {
            return null;
        }
        long length = client.getU32(position + 12) & 0xffff_ffffL;
        int option = client.getU32(position + 8);
        boolean stopping = position + OPTION_HEADER > stopPosition;
        boolean mustSecure = tls == TlsMode.REQUIRE && !secure;
        if (client.getU64(position) != 0x49484156454f5054L || optionCount >= limits.optionCount()
                || length > limits.skipLength() || option == 1 && (stopping || mustSecure)) {
            return Outcome.CLOSE;
        }
        if (stepLength > limits.replyLength() && received.length() == 0 && outcome == Outcome.CLOSE) {
            // A client that asks and asks, and takes no answer.
            return Outcome.CLOSE;
        }
        if (delivered - position - OPTION_HEADER < length) {
            return null;
        }
        optionCount++;
        int at = position + OPTION_HEADER;
        position = at + (int) length;
        if (option == 10 && !stopping && !mustSecure) {
            clearSelection();
        }
        if (option == 2) {
            replies.requireAck(option);
            return Outcome.CLOSE;
        }
        if (stopping) {
            return refused(option, SHUTDOWN);
        }
        if (option == 5 && tls != TlsMode.OFF && fixed) {
            return startTls(length);
        }
        if (mustSecure) {
            return refused(option, TLS_REQD);
        }
        return known(option, at, (int) length);
    }

    private Outcome clientFlags() {
        int flags = client.getU32(0);
        flagged = true;
        fixed = (flags & 1) != 0;
        paddingLength = (flags & 2) != 0 ? 0 : 124;
        position = 4;
        return (flags & ~3) != 0 || tls == TlsMode.REQUIRE && !fixed ? Outcome.CLOSE : Outcome.CONTINUE;
    }

    private Outcome refused(int option, int errors) {
        replies.requireError(option, errors);
        return Outcome.CONTINUE;
    }

    private Outcome startTls(long length) {
        if (secure || length > 0) {
            return refused(5, INVALID | TOO_BIG);
        }
        replies.requireAck(5);
        return Outcome.START_TLS;
    }

    private Outcome known(int option, int at, int length) {
        boolean known = option >= 1 && option <= 11 && option != 4 && option != 5;
        if (!known) {
            return refused(option, option == 5 ? UNSUP | POLICY : UNSUP);
        }
        if (length > limits.optionLength()) {
            return option == 1 ? Outcome.CLOSE : refused(option, TOO_BIG | INVALID);
        }
        data.reset(at, length);
        return switch (option) {
            case 1 -> exportName(length);
            case 3 -> list(length);
            case 6, 7 -> info(option);
            case 9, 10 -> contexts(option);
            default -> style(option, length);
        };
    }

    private Outcome style(int option, int length) {
        if (length > 0) {
            return refused(option, option == 8 && style == ReplyStyle.EXTENDED ? INVALID | EXT_HEADER_REQD : INVALID);
        }
        if (option == 8 && style == ReplyStyle.EXTENDED) {
            return refused(option, EXT_HEADER_REQD);
        }
        style = option == 8 ? ReplyStyle.STRUCTURED : ReplyStyle.EXTENDED;
        replies.requireAck(option);
        return Outcome.CONTINUE;
    }

    private Outcome exportName(int length) {
        String name = data.string(length);
        ExportInfo info = data.hasBadString() ? null : directory.info(name);
        if (info == null || isLost(name)) {
            return Outcome.CLOSE;
        }
        return opened(name, replies.requireExport(toOpen(name), paddingLength));
    }

    private Outcome list(int length) {
        if (length > 0) {
            return refused(3, INVALID);
        }
        Set<String> names = new HashSet<>();
        for (Listing listing : directory.list()) {
            names.add(listing.name());
        }
        replies.requireList(3, names);
        return Outcome.CONTINUE;
    }

    private Outcome info(int option) {
        String name = data.string();
        int count = data.u16();
        int errors = data.isBroken() || data.hasBadString() || data.remaining() != 2 * count ? INVALID : 0;
        if (errors == 0 && directory.info(name) == null) {
            errors = unavailable(name);
        }
        if (errors == 0 && option == 7 && isLost(name)) {
            errors = INVALID | UNKNOWN;
        }
        if (errors != 0) {
            return refused(option, errors);
        }
        Set<Integer> wanted = new HashSet<>();
        for (int i = 0; i < count; i++) {
            wanted.add(data.u16());
        }
        ExportInfo info = option == 7 ? toOpen(name) : directory.info(name);
        int flags = replies.requireInfos(option, info, wanted);
        if (option == 7) {
            return opened(name, flags);
        }
        requireFlags(flags, info, contextsOf(name, info).size());
        return Outcome.CONTINUE;
    }

    /** The error for an export that cannot be had. */
    private int unavailable(String name) {
        return switch (directory.failure(name)) {
            case FORBIDDEN -> POLICY;
            case SHUTTING_DOWN -> SHUTDOWN;
            case UNKNOWN -> UNKNOWN;
            case FAILED -> UNKNOWN | PLATFORM;
        };
    }

    private Outcome contexts(int option) {
        String name = data.string();
        long count = data.u32();
        int errors = count > limits.queryCount() ? TOO_BIG : 0;
        List<String> queries = new ArrayList<>();
        for (long i = 0; i < count && !data.isBroken(); i++) {
            queries.add(data.string());
        }
        errors |= data.isBroken() || data.hasBadString() || data.remaining() > 0 ? INVALID : 0;
        errors |= option == 10 && style == ReplyStyle.SIMPLE ? INVALID | EXT_HEADER_REQD : 0;
        if (!data.isBroken() && !data.hasBadString() && directory.info(name) == null) {
            errors |= unavailable(name);
        }
        if (errors != 0) {
            return refused(option, errors);
        }
        ExportInfo info = directory.info(name);
        Set<String> expected = new HashSet<>();
        for (String context : info.metaContexts()) {
            String namespace = context.substring(0, context.indexOf(':') + 1);
            if (queries.contains(context) || option == 9 && (queries.isEmpty() || queries.contains(namespace))) {
                expected.add(context);
            }
        }
        Map<String, Integer> ids = replies.requireContexts(option, expected);
        if (option == 10) {
            selectedFor = name;
            selectedName = info.name();
            selected = ids;
        }
        return Outcome.CONTINUE;
    }

    /** What an open export says of itself, which may be something else than before. */
    private static ExportInfo toOpen(String name, FuzzDirectory directory) {
        return name.equals(FuzzDirectory.SHRINKING) ? Exports.PLAIN : directory.info(name);
    }

    private ExportInfo toOpen(String name) {
        return toOpen(name, directory);
    }

    /** Whether the client was promised contexts that the export no longer has. */
    private boolean isLost(String name) {
        ExportInfo info = toOpen(name);
        return !info.metaContexts().containsAll(contextsOf(name, info).keySet());
    }

    /** A selection counts for the export that it named, by whichever of its names. */
    private Map<String, Integer> contextsOf(String name, ExportInfo info) {
        return name.equals(selectedFor) || info.name().equals(selectedName) ? selected : Map.of();
    }

    private void requireFlags(int flags, ExportInfo info, int contextCount) {
        int expected = OptionReplies.flags(info, style, contextCount);
        require(flags == expected, "transmission flags @ instead of @", flags, expected);
    }

    private Outcome opened(String name, int flags) {
        opened = toOpen(name);
        openedFlags = flags;
        openedContexts = contextsOf(name, opened);
        requireFlags(flags, opened, openedContexts.size());
        return Outcome.NEGOTIATED;
    }

    /** What the handshake ended with is what the client was told. */
    Facts requireSame(Negotiated negotiated, byte[] unread, int delivered) {
        require(negotiated.info() == opened && negotiated.export().info() == opened,
                "another export than was asked for");
        require(negotiated.replyStyle() == style, "another style than @", style);
        require(negotiated.transmissionFlags() == openedFlags, "other flags than the client was told");
        int[] ids = new int[opened.metaContexts().size()];
        for (SelectedContext context : negotiated.contexts()) {
            ids[context.contextIndex()] = context.wireId();
        }
        for (int i = 0; i < ids.length; i++) {
            int told = openedContexts.getOrDefault(opened.metaContexts().get(i), 0);
            require(ids[i] == told, "id @, and the client was told @", ids[i], told);
        }
        require(negotiated.contexts().size() == openedContexts.size(), "other contexts than the client was told");
        require(unread.length == delivered - position, "@ bytes are left over, not @", unread.length,
                delivered - position);
        for (int i = 0; i < unread.length; i++) {
            require(unread[i] == client.array()[client.from() + position + i], "what was left over is something else");
        }
        return new Facts(opened, style, ids);
    }
}
