package io.varve.nbd.negotiate;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.NbdProtocol;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Clients that say anything. Invariants checked:
 *
 * <ul>
 *   <li>nothing is thrown, whatever comes;
 *   <li>how the input is cut changes neither the outcome nor a byte of the output;
 *   <li>every option gets exactly one final reply that echoes it, an error with bit 31 or an ACK without data;
 *   <li>where TLS is a must, nothing is told or opened in plain text; where there is none, nobody hears of it;
 *   <li>an export is open at the end if, and only if, the outcome is NEGOTIATED; abandoning closes it.
 * </ul>
 */
class NegotiatorRandomTest {

    private static final NegotiationLimits LIMITS = new NegotiationLimits(16, 8192, 20_000, 3, 16384);
    private static final TlsMode[] MODES = TlsMode.values();
    private static final String[] NAMES = {"disk", "", "unknown", "forbidden", "d\u00efsk", "di\u0000sk"};
    private static final String[] QUERIES = {"base:allocation", "base:", "base:x", "a:b", "", ":", "\u20ac"};
    private static final int CONVERSATION_COUNT = 4_000;

    @Test
    void shouldSurviveGarbage() {
        for (long seed = 0; seed < CONVERSATION_COUNT; seed++) {
            final Random random = new Random(seed);
            final byte[] client = new byte[random.nextInt(200)];
            random.nextBytes(client);
            if (random.nextBoolean()) {
                System.arraycopy(ClientBytes.usual().toArray(), 0, client, 0, Math.min(4, client.length));
            }
            play(seed, random, client);
        }
    }

    @Test
    void shouldSurviveClientsThatAreAlmostRight() {
        final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        for (long seed = 0; seed < CONVERSATION_COUNT; seed++) {
            final Random random = new Random(seed);
            final ClientBytes script = ClientBytes.usual();
            final int optionCount = random.nextInt(8);
            for (int i = 0; i < optionCount; i++) {
                addOption(script, random);
            }
            final byte[] client = script.toArray();
            if (random.nextInt(3) == 0) {
                client[random.nextInt(client.length)] = (byte) random.nextInt();
            }
            outcomes.merge(play(seed, random, client), 1, Integer::sum);
        }
        // Otherwise the scripts would not reach what they are for.
        assertThat(outcomes.values()).hasSize(4).allMatch(count -> count > CONVERSATION_COUNT / 50);
    }

    private static void addOption(ClientBytes script, Random random) {
        final String name = NAMES[random.nextInt(NAMES.length)];
        switch (random.nextInt(11)) {
            case 0 -> script.go(name, random.nextInt(5), random.nextInt(5));
            case 1 -> script.info(name, random.nextInt(5));
            case 2, 3 -> script.structured();
            case 4 -> script.setContexts(name, queries(random));
            case 5 -> script.listContexts(name, queries(random));
            case 6 -> script.option(NbdProtocol.OPT_LIST);
            case 7 -> script.option(random.nextInt(14), ClientBytes.data().raw(bytes(random, 24)));
            case 8 -> script.option(random.nextInt(14), ClientBytes.data().raw(new byte[random.nextInt(21_000)]));
            case 9 -> script.option(NbdProtocol.OPT_STARTTLS);
            default -> script.option(random.nextInt());
        }
    }

    private static String[] queries(Random random) {
        final String[] queries = new String[random.nextInt(5)];
        for (int i = 0; i < queries.length; i++) {
            queries[i] = QUERIES[random.nextInt(QUERIES.length)];
        }
        return queries;
    }

    private static byte[] bytes(Random random, int bound) {
        final byte[] bytes = new byte[random.nextInt(bound)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static Outcome play(long seed, Random random, byte[] client) {
        final TlsMode tls = MODES[random.nextInt(MODES.length)];
        try {
            final Conversation whole = play(tls, client, Math.max(1, client.length));
            final Conversation pieces = play(tls, client, 1 + random.nextInt(40));
            assertThat(pieces.outcome).as("outcome in pieces").isEqualTo(whole.outcome);
            assertThat(pieces.answer).as("answer in pieces").isEqualTo(whole.answer);
            checkExports(whole);
            checkReplies(whole, client);
            checkMode(whole, tls);
            return whole.outcome;
        } catch (final AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ", TLS " + tls + ": " + e.getMessage(), e);
        }
    }

    private static Conversation play(TlsMode tls, byte[] client, int pieceLength) {
        final FakeDirectory directory = directory();
        return Conversation.play(directory, new Negotiator(directory, LIMITS, tls), client, pieceLength);
    }

    /** Where TLS is a must, plain text gets nothing; where there is none, nobody hears of it. */
    private static void checkMode(Conversation conversation, TlsMode tls) {
        if (tls == TlsMode.REQUIRE) {
            assertThat(conversation.outcome).isNotEqualTo(Outcome.NEGOTIATED);
            assertThat(conversation.directory.opened).isEmpty();
            assertThat(conversation.replies()).allMatch(reply -> reply.type == NbdProtocol.REP_ERR_TLS_REQD
                    || reply.option == NbdProtocol.OPT_ABORT
                    || reply.option == NbdProtocol.OPT_STARTTLS);
        } else if (conversation.outcome != Outcome.NEGOTIATED) {
            assertThat(conversation.types()).doesNotContain(NbdProtocol.REP_ERR_TLS_REQD);
        }
        if (tls == TlsMode.OFF) {
            assertThat(conversation.outcome).isNotEqualTo(Outcome.START_TLS);
        }
    }

    private static void checkExports(Conversation conversation) {
        assertThat(conversation.directory.openCount())
                .as("open exports")
                .isEqualTo(conversation.outcome == Outcome.NEGOTIATED ? 1 : 0);
        conversation.negotiator.abandon();
        assertThat(conversation.directory.openCount()).as("open exports after abandon()").isZero();
        assertThat(conversation.directory.opened).allMatch(export -> export.closeCount == 1);
    }

    /** Walks through the script and the answer side by side. */
    private static void checkReplies(Conversation conversation, byte[] client) {
        final ByteBuffer script = ByteBuffer.wrap(client);
        final ByteBuffer answer = ByteBuffer.wrap(conversation.answer);
        int position = 4;
        while (answer.hasRemaining()) {
            final int option = script.getInt(position + 8);
            if (option == NbdProtocol.OPT_EXPORT_NAME) {
                final boolean padded = (script.getInt(0) & NbdProtocol.FLAG_C_NO_ZEROES) == 0;
                assertThat(answer.remaining()).as("answer to EXPORT_NAME").isEqualTo(padded ? 134 : 10);
                assertThat(conversation.outcome).isEqualTo(Outcome.NEGOTIATED);
                return;
            }
            checkSequence(option, answer);
            position += 16 + script.getInt(position + 12);
        }
        if (conversation.outcome == Outcome.CONTINUE) {
            assertThat(isComplete(script, position)).as("an option without an answer").isFalse();
        }
    }

    private static void checkSequence(int option, ByteBuffer answer) {
        Conversation.Reply reply;
        do {
            reply = Conversation.take(answer);
            assertThat(reply.option).as("echoed option").isEqualTo(option);
        } while (!reply.isFinal());
        assertThat(reply.type > 0 && reply.data.length > 0).as("ACK with data").isFalse();
    }

    private static boolean isComplete(ByteBuffer script, int position) {
        return position + 16 <= script.capacity()
                && Integer.toUnsignedLong(script.getInt(position + 12)) <= script.capacity() - position - 16;
    }

    private static FakeDirectory directory() {
        final ExportInfo info =
                new ExportInfo("disk", "a disk", 1 << 20, Set.of(), 4096, List.of(ExportInfo.BASE_ALLOCATION));
        return new FakeDirectory()
                .with("disk", info)
                .with("", info)
                .failing("forbidden", ExportException.Kind.FORBIDDEN, "no");
    }
}
