package io.varve.nbd.negotiate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.negotiate.Negotiator.Outcome;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A handshake with a scripted client. Every script is played in one piece, byte by byte, and in pieces that fit
 * nothing; all must come to the same.
 *
 * <p>Owned by the test's thread.
 */
final class Conversation {

    private static final int GREETING_LENGTH = 18;
    private static final int REPLY_HEADER_LENGTH = 20;

    final Outcome outcome;
    final Negotiator negotiator;
    final FakeDirectory directory;
    /** All that the server sent behind the greeting. */
    final byte[] answer;

    private Conversation(Outcome outcome, Negotiator negotiator, FakeDirectory directory, byte[] output) {
        this.outcome = outcome;
        this.negotiator = negotiator;
        this.directory = directory;
        this.answer = Arrays.copyOfRange(output, GREETING_LENGTH, output.length);
    }

    static Conversation with(Supplier<FakeDirectory> directory, ClientBytes client) {
        return with(directory, NegotiationLimits.DEFAULT, client.toArray());
    }

    static Conversation with(Supplier<FakeDirectory> directory, NegotiationLimits limits, byte[] client) {
        final Conversation whole = play(directory.get(), limits, client, client.length);
        for (final int pieceLength : new int[] {1, 7}) {
            final Conversation pieces = play(directory.get(), limits, client, pieceLength);
            assertThat(pieces.outcome).as("outcome in pieces of %d", pieceLength).isEqualTo(whole.outcome);
            assertThat(pieces.answer).as("answer in pieces of %d", pieceLength).isEqualTo(whole.answer);
            assertThat(pieces.directory.openCount()).isEqualTo(whole.directory.openCount());
        }
        return whole;
    }

    static Conversation play(FakeDirectory directory, NegotiationLimits limits, byte[] client, int pieceLength) {
        return play(directory, new Negotiator(directory, limits), client, pieceLength);
    }

    /** Plays until the outcome is settled or the script ends. Input sits in the middle of a larger buffer. */
    static Conversation play(FakeDirectory directory, Negotiator negotiator, byte[] client, int pieceLength) {
        final int margin = 5;
        final UnsafeBuffer in = new UnsafeBuffer(new byte[client.length + 2 * margin]);
        in.setMemory(0, in.capacity(), (byte) 0xee);
        in.putBytes(margin, client);
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        negotiator.start();
        output.writeBytes(negotiator.takeOutput());
        Outcome outcome = Outcome.CONTINUE;
        for (int i = 0; i < client.length && isOpen(outcome); i += pieceLength) {
            outcome = negotiator.onBytes(in, margin + i, Math.min(pieceLength, client.length - i));
            output.writeBytes(negotiator.takeOutput());
        }
        return new Conversation(outcome, negotiator, directory, output.toByteArray());
    }

    /** A client that goes on in plain text behind STARTTLS is heard once more. */
    private static boolean isOpen(Outcome outcome) {
        return outcome == Outcome.CONTINUE || outcome == Outcome.START_TLS;
    }

    String answerHex() {
        return HexFormat.of().formatHex(answer);
    }

    List<Reply> replies() {
        return parse(answer);
    }

    /** Types of all replies, in order. */
    List<Integer> types() {
        final List<Integer> types = new ArrayList<>();
        replies().forEach(reply -> types.add(reply.type));
        return types;
    }

    Reply last() {
        final List<Reply> replies = replies();
        return replies.get(replies.size() - 1);
    }

    static List<Reply> parse(byte[] bytes) {
        final List<Reply> replies = new ArrayList<>();
        final ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            replies.add(take(buffer));
        }
        return replies;
    }

    /** The next reply; fails if there is none. */
    static Reply take(ByteBuffer answer) {
        assertThat(answer.remaining()).as("bytes of a reply").isGreaterThanOrEqualTo(REPLY_HEADER_LENGTH);
        assertThat(answer.getLong()).as("magic of a reply").isEqualTo(0x3e889045565a9L);
        final int option = answer.getInt();
        final int type = answer.getInt();
        final byte[] data = new byte[answer.getInt()];
        answer.get(data);
        return new Reply(option, type, data);
    }

    /** One reply to an option. Immutable. */
    static final class Reply {
        final int option;
        final int type;
        final byte[] data;

        Reply(int option, int type, byte[] data) {
            this.option = option;
            this.type = type;
            this.data = data;
        }

        boolean isFinal() {
            return type == 1 || type < 0;
        }

        String text() {
            return text(0);
        }

        String text(int from) {
            return new String(data, from, data.length - from, UTF_8);
        }

        ByteBuffer buffer() {
            return ByteBuffer.wrap(data);
        }
    }

    /** Data of REP_INFO by type; fails if a type comes twice. */
    Map<Integer, ByteBuffer> infos() {
        final Map<Integer, ByteBuffer> infos = new TreeMap<>();
        for (final Reply reply : replies()) {
            if (reply.type == 3) {
                final ByteBuffer data = reply.buffer();
                assertThat(infos.put((int) data.getShort(), data.slice())).as("first of its type").isNull();
            }
        }
        return infos;
    }

    /** Names of REP_META_CONTEXT by id, in order. */
    List<String> contexts() {
        final List<String> contexts = new ArrayList<>();
        for (final Reply reply : replies()) {
            if (reply.type == 4) {
                contexts.add(reply.buffer().getInt() + "=" + reply.text(Integer.BYTES));
            }
        }
        return contexts;
    }
}
