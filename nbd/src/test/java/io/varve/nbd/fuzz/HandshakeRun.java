package io.varve.nbd.fuzz;

import static io.varve.nbd.fuzz.Fault.require;

import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.negotiate.NegotiationLimits;
import io.varve.nbd.negotiate.Negotiator;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.negotiate.TlsMode;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Plays one handshake, as an input has it, around a real {@link Negotiator}: what the client says and in which pieces
 * it arrives, whether TLS follows, when the server stops, when the client goes. Everything that the server does is
 * judged.
 *
 * <p>Owned by the thread of the test; used for one input after another.
 */
final class HandshakeRun {

    private static final NegotiationLimits LIMITS = new NegotiationLimits(24, 8192, 20_000, 5, 16_384);
    /** Choices, and the seed of what else is chosen. */
    private static final int RAW_HEADER = 3;
    private static final int MAX_TURNS = 200;
    private static final int MAX_PIECE = 32 * 1024;
    /** Heap that an input may cost: a refusal has a stack trace and a text, names and lists are copied a few times. */
    private static final long HEAP_PER_INPUT = 64 * 1024;
    private static final long HEAP_PER_OPTION = 8192;
    private static final long HEAP_PER_BYTE = 32;

    private final AllocationMeter meter;
    private final Script script;
    private final Reached reached = new Reached();
    private final Bytes client;
    private final Bytes received;
    private final UnsafeBuffer piece = new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(MAX_PIECE));
    private final OptionScript options;
    private final HandshakeOracle oracle;
    private final FuzzDirectory plain;
    private final FuzzDirectory hidden;
    private Tamper tamper = Tamper.NONE;
    /** The input is what the client says, and not a script. */
    private boolean raw;
    private Negotiator negotiator;
    private Outcome outcome;
    private int delivered;
    private long answerLength;
    private long optionCount;
    private long negotiatedCount;

    HandshakeRun() {
        this(new AllocationMeter(), new Script(), null);
    }

    /** @param disk behind every export; null if the handshake is all */
    HandshakeRun(AllocationMeter meter, Script script, OracleDisk disk) {
        this.meter = meter;
        this.script = script;
        this.client = new Bytes(meter, 1 << 17);
        this.received = new Bytes(meter, 1 << 17);
        this.options = new OptionScript(client);
        this.oracle = new HandshakeOracle(client, received, reached);
        this.plain = new FuzzDirectory(disk, false);
        this.hidden = new FuzzDirectory(disk, true);
    }

    /** Plants a fault; for the test of the oracle. */
    HandshakeRun with(Tamper newTamper) {
        tamper = newTamper;
        return this;
    }

    /** What the inputs so far have met. */
    Reached reached() {
        return reached;
    }

    /** The last input as one of which the rest is what the client says. */
    byte[] asRaw(byte[] input) {
        byte[] asRaw = new byte[RAW_HEADER + client.length()];
        System.arraycopy(input, 0, asRaw, 0, Math.min(RAW_HEADER, input.length));
        asRaw[0] |= 4;
        System.arraycopy(client.array(), client.from(), asRaw, RAW_HEADER, client.length());
        return asRaw;
    }

    /** Options of all inputs so far. */
    long optionCount() {
        return optionCount;
    }

    /** Handshakes that led to transmission. */
    long negotiatedCount() {
        return negotiatedCount;
    }

    void play(byte[] input) {
        playOnce(input);
        if (meter.taken() > heapLimit()) {
            // Classes are loaded once, and the test's own lists grow once; what comes again is the server's.
            playOnce(input);
            require(meter.taken() <= heapLimit(), "@ bytes of heap for @ bytes of a client", meter.taken(), delivered);
        }
    }

    private long heapLimit() {
        return HEAP_PER_INPUT + HEAP_PER_OPTION * oracle.optionCount() + HEAP_PER_BYTE * (delivered + answerLength);
    }

    private void playOnce(byte[] input) {
        script.reset(input, 0);
        meter.begin();
        begin();
        talk(input);
        if (outcome == Outcome.NEGOTIATED) {
            negotiatedCount++;
            if (script.once(2)) {
                Negotiated negotiated = negotiator.negotiated();
                oracle.requireSame(negotiated, negotiator.unread(), delivered);
                negotiated.export().close();
            }
        }
        end();
        meter.end();
    }

    /** Bits 0-1: TLS. Bit 2: the rest of the input is what the client says. */
    private void begin() {
        int choices = script.u8();
        TlsMode tls = TlsMode.values()[(choices & 3) % 3];
        client.clear();
        plain.reset();
        hidden.reset();
        options.reset(script);
        oracle.reset(LIMITS, tls, plain);
        delivered = 0;
        answerLength = 0;
        negotiator = new Negotiator(plain, LIMITS, tls);
        negotiator.start();
        outcome = Outcome.CONTINUE;
        raw = (choices & 4) != 0;
        takeOutput();
    }

    private void talk(byte[] input) {
        if (raw) {
            long seed = script.bits(2);
            int from = script.takeRest();
            client.put(input, from, input.length - from);
            script.continueWith(seed);
        } else {
            options.clientFlags();
        }
        for (int turn = 0; turn < MAX_TURNS && isOpen() && !isSilent(); turn++) {
            turn(script.u8());
        }
        for (int turn = 0; turn < MAX_TURNS && isOpen() && delivered < client.length(); turn++) {
            deliver(Integer.MAX_VALUE);
        }
    }

    private boolean isSilent() {
        return raw ? delivered == client.length() : script.isAtEnd();
    }

    private boolean isOpen() {
        return outcome == Outcome.CONTINUE || outcome == Outcome.START_TLS;
    }

    private void turn(int choice) {
        if (choice == 255) {
            negotiator.stop();
            oracle.stopped(delivered);
        } else if (!raw && choice < 144) {
            options.add();
            if ((choice & 1) == 0) {
                deliver(Integer.MAX_VALUE);
            }
        } else if (choice < 200) {
            deliver(1 + script.below(40));
        } else {
            deliver(Integer.MAX_VALUE);
        }
    }

    private void deliver(int most) {
        if (outcome == Outcome.START_TLS && !script.once(16)) {
            negotiator.secured(hidden);
            oracle.secured(hidden);
            outcome = Outcome.CONTINUE;
        }
        int length = Math.min(Math.min(most, MAX_PIECE), client.length() - delivered);
        if (outcome == Outcome.START_TLS && length == 0) {
            return;
        }
        piece.putBytes(0, client.array(), client.from() + delivered, length);
        delivered += length;
        outcome = negotiator.onBytes(piece, 0, length);
        piece.setMemory(0, Math.min(length + 64, MAX_PIECE), (byte) 0xee);
        takeOutput();
        oracle.judge(delivered, outcome);
    }

    private void takeOutput() {
        byte[] output = tamper.options(negotiator.takeOutput());
        answerLength += output.length;
        received.put(output, 0, output.length);
    }

    private void end() {
        int opened = plain.openNow() + hidden.openNow();
        require(outcome == Outcome.NEGOTIATED ? opened <= 1 : opened == 0, "an export was left open");
        negotiator.abandon();
        require(plain.openNow() + hidden.openNow() == 0, "an export stays open");
        optionCount += oracle.optionCount();
    }
}
