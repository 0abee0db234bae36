package io.varve.nbd.negotiate;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.wire.GreetingFlyweight;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.OptionRequestFlyweight;
import io.varve.nbd.wire.ReplyStyle;
import java.util.Map;
import org.agrona.DirectBuffer;

/**
 * The server's side of one handshake: bytes go in, in pieces of any size; bytes come out; at the end there is an
 * open export, or a connection to close.
 *
 * <pre>
 *   start() ; send(takeOutput())
 *   outcome = onBytes(received) ; send(takeOutput())        until it is not CONTINUE
 *   NEGOTIATED: negotiated() goes to a session, together with unread()
 *   START_TLS: the handshake of TLS, then secured(directory), and on with the decrypted bytes
 *   CLOSE, or the connection is lost: abandon()
 * </pre>
 *
 * <p>What is sent is taken after every call. The client decides when bytes arrive, and whether; a time limit is the
 * caller's. Exceptions that an {@link ExportDirectory} does not declare pass through: abandon and close then.
 *
 * <p>Owned by the thread that drives the handshake; it may block inside the {@link ExportDirectory}, and it may be
 * another thread for every call, if the object is handed over through a queue.
 */
public final class Negotiator {

    private static final int HANDSHAKE_FLAGS = NbdProtocol.FLAG_FIXED_NEWSTYLE | NbdProtocol.FLAG_NO_ZEROES;
    private static final int CLIENT_FLAGS = NbdProtocol.FLAG_C_FIXED_NEWSTYLE | NbdProtocol.FLAG_C_NO_ZEROES;

    private static final Map<Integer, Option> OPTIONS = Map.of(
            NbdProtocol.OPT_EXPORT_NAME, new ExportNameOption(),
            NbdProtocol.OPT_ABORT, new AbortOption(),
            NbdProtocol.OPT_LIST, new ListOption(),
            NbdProtocol.OPT_INFO, new InfoOption(),
            NbdProtocol.OPT_GO, new GoOption(),
            NbdProtocol.OPT_STRUCTURED_REPLY, new StructuredReplyOption(),
            NbdProtocol.OPT_LIST_META_CONTEXT, new ListMetaContextOption(),
            NbdProtocol.OPT_SET_META_CONTEXT, new SetMetaContextOption(),
            NbdProtocol.OPT_EXTENDED_HEADERS, new ExtendedHeadersOption());
    private static final Option UNKNOWN = new UnknownOption();
    private static final Option START_TLS = new StartTlsOption();
    private static final Option TLS_REQUIRED = new TlsRequiredOption();
    private static final Option STOPPING = new StoppingOption();

    private final TlsMode tls;
    private Haggling haggling;
    private final Pending pending = new Pending();
    private final OptionRequestFlyweight header = new OptionRequestFlyweight();
    private State state = State.CLIENT_FLAGS;
    private Option option = UNKNOWN;
    private int optionCount;
    private volatile boolean stopping;
    private byte[] unread = {};

    /** Without TLS. */
    public Negotiator(ExportDirectory directory, NegotiationLimits limits) {
        this(directory, limits, TlsMode.OFF);
    }

    public Negotiator(ExportDirectory directory, NegotiationLimits limits, TlsMode tls) {
        this.tls = tls;
        this.haggling = new Haggling(directory, limits, Haggling.Transport.PLAIN);
        pending.collect(GreetingFlyweight.CLIENT_FLAGS_LENGTH);
    }

    /** Queues the greeting; called once, before anything else. */
    public void start() {
        haggling.output().greeting(HANDSHAKE_FLAGS);
    }

    /**
     * Takes what the client sent. All of it is consumed; what belongs to transmission is kept for {@link #unread()}.
     * Bytes behind STARTTLS that come before {@link #secured} are plain text that somebody may have slipped in, and
     * end the connection unread.
     *
     * @throws IllegalStateException if the handshake is already over
     */
    public Outcome onBytes(DirectBuffer in, int index, int length) {
        if (state == State.OVER) {
            throw new IllegalStateException("the handshake is over");
        }
        if (state == State.TLS_HANDSHAKE) {
            return length == 0 ? Outcome.START_TLS : over(Outcome.CLOSE);
        }
        final int limit = index + length;
        int position = index;
        while (true) {
            position += pending.take(in, position, limit - position);
            if (!pending.isComplete()) {
                return Outcome.CONTINUE;
            }
            final Outcome outcome = step();
            if (outcome == Outcome.START_TLS) {
                state = State.TLS_HANDSHAKE;
                return onBytes(in, position, limit - position);
            }
            if (outcome != Outcome.CONTINUE) {
                if (outcome == Outcome.NEGOTIATED) {
                    unread = new byte[limit - position];
                    in.getBytes(position, unread);
                }
                return over(outcome);
            }
        }
    }

    private Outcome over(Outcome outcome) {
        state = State.OVER;
        pending.collect(0);
        return outcome;
    }

    /**
     * Goes on after the handshake of TLS, and forgets all that was agreed on in plain text.
     *
     * @param directory what the client may see now that it is known better
     * @throws IllegalStateException if the outcome was not START_TLS
     */
    public void secured(ExportDirectory directory) {
        if (state != State.TLS_HANDSHAKE) {
            throw new IllegalStateException("nobody asked for TLS");
        }
        final int padding = haggling.exportNamePadding();
        haggling = new Haggling(directory, haggling.limits(), Haggling.Transport.SECURE);
        haggling.exportNamePadding(padding);
        awaitOption();
    }

    /** What must be sent now, before anything else, and also before a close; empty if nothing. */
    public byte[] takeOutput() {
        return haggling.output().take();
    }

    /**
     * The result, once; from now on the caller closes the export.
     *
     * @throws IllegalStateException if the outcome was not NEGOTIATED, or somebody has it already
     */
    public Negotiated negotiated() {
        final Negotiated taken = haggling.take();
        if (taken == null) {
            throw new IllegalStateException("nothing was negotiated, or it was taken before");
        }
        return taken;
    }

    /** The first bytes of transmission, received together with the last of the handshake; often empty. */
    public byte[] unread() {
        return unread;
    }

    /** The server stops: options that come from now on are refused with ERR_SHUTDOWN, but for ABORT. Any thread. */
    public void stop() {
        stopping = true;
    }

    /** Ends the handshake wherever it is. Closes an export that was opened and never taken. */
    public void abandon() {
        over(Outcome.CLOSE);
        final Negotiated negotiated = haggling.take();
        if (negotiated != null) {
            negotiated.export().close();
        }
    }

    private Outcome step() {
        return switch (state) {
            case CLIENT_FLAGS -> onClientFlags();
            case OPTION_HEADER -> onOptionHeader();
            case OPTION_DATA -> onOption(Size.FITS);
            case OVERSIZED_OPTION_DATA -> onOption(Size.OVERSIZED);
            case TLS_HANDSHAKE, OVER -> throw new AssertionError();
        };
    }

    private Outcome onClientFlags() {
        final int flags = pending.buffer().getInt(0, BIG_ENDIAN);
        haggling.fixedNewstyle((flags & NbdProtocol.FLAG_C_FIXED_NEWSTYLE) != 0);
        if ((flags & ~CLIENT_FLAGS) != 0 || tls == TlsMode.REQUIRE && !haggling.isFixedNewstyle()) {
            return Outcome.CLOSE;
        }
        final boolean noZeroes = (flags & NbdProtocol.FLAG_C_NO_ZEROES) != 0;
        haggling.exportNamePadding(noZeroes ? 0 : NbdProtocol.EXPORT_NAME_PADDING);
        return awaitOption();
    }

    private Outcome awaitOption() {
        state = State.OPTION_HEADER;
        pending.collect(OptionRequestFlyweight.HEADER_LENGTH);
        return Outcome.CONTINUE;
    }

    private Outcome onOptionHeader() {
        final NegotiationLimits limits = haggling.limits();
        header.wrap(pending.buffer(), 0);
        final long dataLength = header.dataLength();
        if (!header.hasMagic()
                || ++optionCount > limits.optionCount()
                || dataLength > limits.skipLength()
                || haggling.output().length() > limits.replyLength()) {
            // Out of step with the client, or it asks for more than any honest one does.
            return Outcome.CLOSE;
        }
        if (header.option() == NbdProtocol.OPT_EXPORT_NAME && (stopping || mustSecure())) {
            return Outcome.CLOSE;
        }
        haggling.output().answering(header.option());
        option = optionOf(header.option());
        option.announced(haggling);
        if (dataLength <= limits.optionLength()) {
            state = State.OPTION_DATA;
            pending.collect((int) dataLength);
        } else {
            state = State.OVERSIZED_OPTION_DATA;
            pending.skip((int) dataLength);
        }
        return Outcome.CONTINUE;
    }

    private Option optionOf(int code) {
        if (stopping && code != NbdProtocol.OPT_ABORT) {
            return STOPPING;
        }
        if (code == NbdProtocol.OPT_STARTTLS && tls != TlsMode.OFF && haggling.isFixedNewstyle()) {
            return START_TLS;
        }
        if (code != NbdProtocol.OPT_ABORT && mustSecure()) {
            return TLS_REQUIRED;
        }
        return OPTIONS.getOrDefault(code, UNKNOWN);
    }

    private boolean mustSecure() {
        return tls == TlsMode.REQUIRE && !haggling.isSecure();
    }

    private Outcome onOption(Size size) {
        Outcome outcome;
        try {
            outcome = size == Size.FITS
                    ? option.answer(haggling, new OptionData(pending.buffer(), pending.length()))
                    : option.answerOversized(haggling);
        } catch (final OptionRefused e) {
            haggling.output().error(e.replyType(), e.getMessage());
            outcome = Outcome.CONTINUE;
        }
        return outcome == Outcome.CONTINUE ? awaitOption() : outcome;
    }

    /** What follows a piece of input. Immutable. */
    public enum Outcome {
        /** More input is needed. */
        CONTINUE,
        /** Transmission begins as soon as the output has been sent. */
        NEGOTIATED,
        /** When the output has been sent, the connection speaks TLS; then {@link #secured}. */
        START_TLS,
        /** The connection ends as soon as the output has been sent. */
        CLOSE
    }

    /** What the input is, that is being waited for. */
    private enum State {
        CLIENT_FLAGS,
        OPTION_HEADER,
        OPTION_DATA,
        OVERSIZED_OPTION_DATA,
        TLS_HANDSHAKE,
        OVER
    }

    private enum Size {
        FITS,
        OVERSIZED
    }
}
