package io.varve.nbd.client;

import io.varve.nbd.wire.InvalidStringException;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.OptionReplyFlyweight;
import io.varve.nbd.wire.WireString;
import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * One option and its sequence of replies, checked for what holds for every option.
 *
 * <p>Owned by the thread that uses the client.
 */
final class OptionExchange {

    /** Bytes of one reply: far more than two strings need. */
    private static final int MAX_REPLY_LENGTH = 64 * 1024;
    /** Bytes of all replies to one option, so that an endless LIST does not fill the heap. */
    private static final long MAX_REPLIES_LENGTH = 16 * 1024 * 1024;

    private final ServerConnection connection;
    private final int option;
    private long repliesLength;

    private OptionExchange(ServerConnection connection, int option) {
        this.connection = connection;
        this.option = option;
    }

    /**
     * Sends an option, and hands every reply before the final ACK to {@code replies}.
     *
     * @throws NegotiationException if the final reply is an error
     */
    static void run(ServerConnection connection, int option, OptionWriter data, ReplyHandler replies)
            throws IOException {
        connection.send(data.finish(option));
        connection.flush();
        final OptionExchange exchange = new OptionExchange(connection, option);
        while (exchange.receive(replies)) {
            // Each call is one reply.
        }
    }

    /** An option that is answered with an ACK, or refused. */
    static void run(ServerConnection connection, int option, OptionWriter data) throws IOException {
        run(connection, option, data, (type, reply) -> {
            throw unexpected(option, type);
        });
    }

    /** What a handler throws for a reply that does not belong to the option. */
    static ProtocolException unexpected(int option, int type) {
        return new ProtocolException("option " + option + " is answered with a reply of type " + type);
    }

    /** Takes one reply; false behind the last. */
    private boolean receive(ReplyHandler replies) throws IOException {
        final DirectBuffer header = connection.receive(OptionReplyFlyweight.HEADER_LENGTH, "an option reply");
        final OptionReplyFlyweight reply = new OptionReplyFlyweight().wrap(header, 0);
        if (!reply.hasMagic()) {
            throw new ProtocolException("an option reply has the wrong magic");
        }
        if (reply.option() != option) {
            throw new ProtocolException("option " + option + " was sent, option " + reply.option() + " is answered");
        }
        final long dataLength = reply.dataLength();
        repliesLength += OptionReplyFlyweight.HEADER_LENGTH + dataLength;
        if (dataLength > MAX_REPLY_LENGTH || repliesLength > MAX_REPLIES_LENGTH) {
            throw new ProtocolException("too long a reply to option " + option + ": " + dataLength + " bytes, "
                    + repliesLength + " in all");
        }
        final DirectBuffer data = connection.receive((int) dataLength, "an option reply");
        if (reply.type() < 0) {
            throw new NegotiationException(option, reply.type(), message(data));
        }
        if (reply.type() != NbdProtocol.REP_ACK) {
            replies.onReply(reply.type(), new ReplyReader(data));
            return true;
        }
        if (dataLength != 0) {
            throw new ProtocolException("an ACK with " + dataLength + " bytes of data");
        }
        return false;
    }

    private static String message(DirectBuffer data) throws ProtocolException {
        try {
            return WireString.decode(data, 0, data.capacity());
        } catch (final InvalidStringException e) {
            throw new ProtocolException("the text of an error reply: " + e.getMessage());
        }
    }

    /** Takes a reply that is neither ACK nor error. */
    @FunctionalInterface
    interface ReplyHandler {
        void onReply(int type, ReplyReader data) throws ProtocolException;
    }
}
