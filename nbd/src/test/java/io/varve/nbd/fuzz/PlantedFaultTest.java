package io.varve.nbd.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.session.SlotPool;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The oracles find what they are for: each fault is planted into what the real server says, and must be found, for
 * the right reason, within the inputs that {@link TransmissionFuzzTest} and {@link HandshakeFuzzTest} play without one.
 */
class PlantedFaultTest {

    private static final int INPUT_COUNT = 10_000;
    private static final int DATA = 1;
    private static final int HOLE = 2;
    private static final int STATUS = 5;
    private static final int STATUS_EXT = 6;

    /** Changes one message. */
    private interface Change {
        void apply(Bytes message, int payloadAt);
    }

    @TestFactory
    Stream<DynamicTest> shouldFindFaultsOfSessions() {
        return Stream.of(
                found("a cookie of nobody", "a reply to nobody", message((m, at) -> flip(m, 8, 0x5a))),
                found("a chunk without DONE", "that is not the last|no answer", chunk(-1, (m, at) -> put(m, 5, 0))),
                found("chunk flags that are none", "chunk flags", chunk(-1, (m, at) -> flip(m, 5, 2))),
                found("content beside the request", "outside of", chunk(DATA, (m, at) -> flip(m, at, 0x10))),
                found("another byte", "other bytes than the disk's", chunk(DATA, (m, at) -> flip(m, at + 8, 1))),
                found("a READ with a gap", "something is missing", chunk(HOLE, (m, at) -> flip(m, at + 10, 0x10))),
                found("a hole over data", "a hole where the disk has data|a hole chunk of|outside",
                        chunk(DATA, (m, at) -> put(m, 7, HOLE))),
                found("an empty hole", "a hole of 0",
                        chunk(HOLE, (m, at) -> m.setU64(at + 4, m.getU64(at + 4) >>> 32 << 32))),
                found("an extent beyond the end", "extent of", chunk(STATUS, (m, at) -> flip(m, at + 4, 0x40))),
                found("an empty extent", "extent of 0", chunk(STATUS_EXT, (m, at) -> m.setU64(at + 8, 0))),
                found("other flags of an extent", "not what the disk told",
                        chunk(STATUS, (m, at) -> flip(m, at + 11, 4))),
                found("a context that nobody selected", "a status of context",
                        chunk(STATUS, (m, at) -> flip(m, at, 1))),
                found("an error nobody knows", "that no client knows", chunk(-2, (m, at) -> put(m, at + 3, 38))),
                found("an error of another kind", "does not suit", chunk(-2, (m, at) -> put(m, at + 3, 95))),
                found("a text that is none", "a text that is not", chunk(-2, (m, at) -> put(m, at + 6, 0xff))),
                found("an error hidden", "must be refused|the disk did not say", message((m, at) -> clearError(m))),
                found("a simple reply among chunks", "chunks were agreed|reply magic|extended headers",
                        chunk(-1, (m, at) -> m.setU64(0, 0x67446698L << 32))),
                found("another offset echoed", "another offset in the chunk's header",
                        message((m, at) -> flip(m, 23, at == 32 ? 1 : 0))),
                found("a lost answer", "no answer to", new Lost()),
                found("an answer after the end", "a second answer|to nobody", new Repeated()),
                found("a reply that never leaves", "keeps|no end|again", new Stuck()),
                found("a leaked buffer", "did not come back", new Leak()),
                found("memory for nothing", "bytes of heap", new Waste()));
    }

    @TestFactory
    Stream<DynamicTest> shouldFindFaultsOfNegotiators() {
        return Stream.of(
                refused("another option echoed", "an answer to option", reply(11, 1)),
                refused("another magic", "a reply magic that is none", reply(7, 1)),
                refused("an ACK for an error, or the other way round", "instead of|does not suit", reply(12, 0x80)),
                refused("an error of another kind", "does not suit|instead of", reply(15, 8)),
                refused("a length that lies", "not so many came|instead of|too many|a text", reply(18, 0x40)),
                refused("a text that is none", "a text nobody can read|instead of|a REP_|what there is not|string",
                        reply(20, 0xff)),
                refused("no final reply", "no answer to option|reply of",
                        output -> Arrays.copyOf(output, output.length - 20)),
                refused("a reply too many", "too many|no answer", output -> {
                    byte[] more = Arrays.copyOf(output, output.length + 20);
                    System.arraycopy(output, 0, more, output.length, 20);
                    return more;
                }),
                refused("another size", "another size", output -> changed(output, 29, 1)),
                refused("other transmission flags", "transmission flags", output -> changed(output, 31, 8)));
    }

    private static DynamicTest found(String fault, String reason, Tamper tamper) {
        TransmissionRun run = new TransmissionRun().with(tamper);
        return DynamicTest.dynamicTest(fault, () -> search("transmission", run::play, reason));
    }

    private static DynamicTest refused(String fault, String reason, java.util.function.UnaryOperator<byte[]> change) {
        HandshakeRun run = new HandshakeRun().with(new Tamper() {
            @Override
            public byte[] options(byte[] output) {
                boolean isReply = output.length >= 20 && output[0] == 0 && output[1] == 3;
                return isReply ? change.apply(output.clone()) : output;
            }
        });
        return DynamicTest.dynamicTest(fault, () -> search("handshake", run::play, reason));
    }

    /** Until the fault is found; others may hide it at first. */
    private static void search(String what, Consumer<byte[]> player, String reason) {
        RandomInputs inputs = new RandomInputs(1);
        String others = "";
        for (long index = 0; index < INPUT_COUNT; index++) {
            try {
                player.accept(inputs.input(index));
            } catch (Fault e) {
                if (e.getMessage().matches("(?s).*(" + reason + ").*")) {
                    return;
                }
                others = e.getMessage();
            }
        }
        assertThat(others).as(what + ": found for another reason, or not at all").containsPattern(reason);
    }

    private static java.util.function.UnaryOperator<byte[]> reply(int at, int bits) {
        return output -> changed(output, at, bits);
    }

    private static byte[] changed(byte[] output, int at, int bits) {
        if (at < output.length) {
            output[at] ^= (byte) bits;
        }
        return output;
    }

    private static Tamper message(Change change) {
        return new Tamper() {
            @Override
            public boolean message(Bytes received, int length) {
                change.apply(received, payloadAt(received));
                return true;
            }
        };
    }

    /** @param type of the chunks to change; -1 any, -2 any error */
    private static Tamper chunk(int type, Change change) {
        return message((message, at) -> {
            int found = message.getU16(6);
            boolean isError = (found & 0x8000) != 0;
            if (at > 0 && (type == -1 || type == -2 && isError || type == found)) {
                change.apply(message, at);
            }
        });
    }

    /** @return 0 for a simple reply */
    private static int payloadAt(Bytes message) {
        return switch (message.getU32(0)) {
            case 0x668e33ef -> 20;
            case 0x6e8a278c -> 32;
            default -> 0;
        };
    }

    private static void flip(Bytes message, int at, int bits) {
        message.array()[message.from() + at] ^= (byte) bits;
    }

    private static void put(Bytes message, int at, int value) {
        message.array()[message.from() + at] = (byte) value;
    }

    /** Only of requests that have no data, so that the message keeps its form. */
    private static void clearError(Bytes message) {
        if (payloadAt(message) == 0) {
            put(message, 7, 0);
        }
    }

    /** Every third message is lost. */
    private static final class Lost implements Tamper {
        private int count;

        @Override
        public boolean message(Bytes received, int length) {
            return ++count % 3 != 0;
        }
    }

    /** The last message of a connection comes again. */
    private static final class Repeated implements Tamper {
        private byte[] last = {};

        @Override
        public boolean message(Bytes received, int length) {
            last = Arrays.copyOfRange(received.array(), received.from(), received.from() + length);
            return true;
        }

        @Override
        public void ending(SlotPool pool, Bytes received) {
            if (received.length() == 0) {
                received.put(last, 0, last.length);
            }
        }
    }

    /** Nothing arrives. */
    private static final class Stuck implements Tamper {
        @Override
        public int sending(int length) {
            return 0;
        }
    }

    /** A buffer of each connection is never given back. */
    private static final class Leak implements Tamper {
        @Override
        public void ending(SlotPool pool, Bytes received) {
            pool.acquire(1);
        }
    }

    /** Sending costs as much memory as the longest string. */
    private static final class Waste implements Tamper {
        private byte[] wasted = {};

        @Override
        public int sending(int length) {
            wasted = new byte[1 << 20];
            return length;
        }
    }
}
