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
            NbdProtocol.OPT_SET_META_CONTEXT, new SetMetaContextOption());
    private static final Option UNKNOWN = new UnknownOption();

    private final Haggling haggling;
    private final Pending pending = new Pending();
    private final OptionRequestFlyweight header = new OptionRequestFlyweight();
    private State state = State.CLIENT_FLAGS;
    private Option option = UNKNOWN;
    private int optionCount;
    private byte[] unread = {};

    public Negotiator(ExportDirectory directory, NegotiationLimits limits) {
        this.haggling = new Haggling(directory, limits);
        pending.collect(GreetingFlyweight.CLIENT_FLAGS_LENGTH);
    }

    /** Queues the greeting; called once, before anything else. */
    public void start() {
        haggling.output().greeting(HANDSHAKE_FLAGS);
    }

    /**
     * Takes what the client sent. All of it is consumed; what belongs to transmission is kept for {@link #unread()}.
     *
     * @throws IllegalStateException if the handshake is already over
     */
    public Outcome onBytes(DirectBuffer in, int index, int length) {
        if (state == State.OVER) {
            throw new IllegalStateException("the handshake is over");
        }
        final int limit = index + length;
        int position = index;
        while (true) {
            position += pending.take(in, position, limit - position);
            if (!pending.isComplete()) {
                return Outcome.CONTINUE;
            }
            final Outcome outcome = step();
            if (outcome != Outcome.CONTINUE) {
                state = State.OVER;
                pending.collect(0);
                if (outcome == Outcome.NEGOTIATED) {
                    unread = new byte[limit - position];
                    in.getBytes(position, unread);
                }
                return outcome;
            }
        }
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

    /** Ends the handshake wherever it is. Closes an export that was opened and never taken. */
    public void abandon() {
        state = State.OVER;
        pending.collect(0);
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
            case OVER -> throw new AssertionError();
        };
    }

    private Outcome onClientFlags() {
        final int flags = pending.buffer().getInt(0, BIG_ENDIAN);
        if ((flags & ~CLIENT_FLAGS) != 0) {
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
        haggling.output().answering(header.option());
        option = OPTIONS.getOrDefault(header.option(), UNKNOWN);
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
        /** The connection ends as soon as the output has been sent. */
        CLOSE
    }

    /** What the input is, that is being waited for. */
    private enum State {
        CLIENT_FLAGS,
        OPTION_HEADER,
        OPTION_DATA,
        OVERSIZED_OPTION_DATA,
        OVER
    }

    private enum Size {
        FITS,
        OVERSIZED
    }
}
