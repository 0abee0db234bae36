package io.varve.nbd.fuzz;

import static io.varve.nbd.fuzz.Fault.require;

import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.negotiate.Negotiated.SelectedContext;
import io.varve.nbd.session.MemoryBudget;
import io.varve.nbd.session.Outlet;
import io.varve.nbd.session.Session;
import io.varve.nbd.session.SlotPool;
import io.varve.nbd.wire.ReplyStyle;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Plays one connection in transmission, as an input has it, around a real {@link Session}: what the client says and in
 * which pieces it arrives, when the disk answers, how much the client takes, when the server stops, when the client
 * goes. Everything that the server does is judged.
 *
 * <p>Owned by the thread of the test; used for one input after another.
 */
final class TransmissionRun implements Outlet {

    private static final int MAX_TURNS = 300;
    /** Calls of {@link Outlet#send} for one input; so many cannot be needed. */
    private static final int MAX_SENDS = 100_000;
    /** Choices, export, contexts, and the seed of what else is chosen. */
    private static final int RAW_HEADER = 5;
    /** What a handshake can leave over. */
    private static final int MAX_UNREAD = 200_000;
    private static final int SHARED_LENGTH = 64 * 1024;
    /** Heap that an input may cost: a session, and the slots of what is parked. */
    private static final long HEAP_PER_INPUT = 24 * 1024;
    private static final long HEAP_PER_REQUEST = 512;
    /** Off-heap memory for a byte that is being received, is unsent, or is asked for: a size class is up to double. */
    private static final long MEMORY_PER_BYTE = 4;
    private static final long MEMORY_PER_REQUEST = 8192;
    private static final long MEMORY_PER_INPUT = 2 << 20;

    private final AllocationMeter meter = new AllocationMeter();
    private final Memory ample = new Memory(Long.MAX_VALUE);
    private final Memory scarce = new Memory(1 << 20);
    private final Reached reached = new Reached();
    private final ClientStream client = new ClientStream(meter);
    private final Bytes received = new Bytes(meter, 1 << 20);
    private final OracleDisk disk = new OracleDisk(meter, client);
    private final ReplyOracle oracle = new ReplyOracle(client, received, reached);
    private final RequestScript requests = new RequestScript(client);
    private final Script script = new Script();

    private Facts facts;
    private Tamper tamper = Tamper.NONE;
    private Memory memory;
    private Session session;
    private boolean draining;
    private boolean gone;
    private boolean flushRequested;
    /** Bytes that the client takes before it must be asked again. */
    private long room;
    private int sendCount;
    private long requestCount;

    /** Plants a fault; for the test of the oracle. */
    TransmissionRun with(Tamper newTamper) {
        tamper = newTamper;
        return this;
    }

    /** What the inputs so far have met. */
    Reached reached() {
        return reached;
    }

    /** The last input as one of which the rest is what the client says. */
    byte[] asRaw(byte[] input) {
        byte[] raw = new byte[RAW_HEADER + client.length()];
        System.arraycopy(input, 0, raw, 0, Math.min(RAW_HEADER, input.length));
        raw[0] |= 4;
        System.arraycopy(client.bytes().array(), client.bytes().from(), raw, RAW_HEADER, client.length());
        return raw;
    }

    /** Requests of all inputs so far. */
    long requestCount() {
        return requestCount;
    }

    /** A connection that begins with transmission. */
    void play(byte[] input) {
        playOnce(input);
        long limit = HEAP_PER_INPUT + HEAP_PER_REQUEST * client.count();
        if (meter.taken() > limit) {
            // Classes are loaded once, and the test's own lists grow once; what comes again is the server's.
            playOnce(input);
            require(meter.taken() <= limit, "@ bytes of heap for @ requests", meter.taken(), client.count());
        }
    }

    private void playOnce(byte[] input) {
        script.reset(input, 0);
        int choices = script.u8();
        int export = script.u8();
        int contexts = script.u8();
        ReplyStyle style = ReplyStyle.values()[(choices & 3) % 3];
        facts = facts(style, export, contexts);
        Negotiated negotiated = new Negotiated(disk, facts.info(), 0, style, selected(facts));
        begin(negotiated, choices);
        if ((export & 0x80) != 0 && (choices & 4) == 0) {
            adopt(script.u8());
        }
        play(choices, input);
    }

    /** The first bytes of transmission came together with the last of the handshake. */
    private void adopt(int choice) {
        ask(1 + (choice & 3));
        int length = (choice & 4) == 0 ? client.length() : (int) ((long) choice * client.length() / 256);
        byte[] unread = new byte[Math.min(length, MAX_UNREAD)];
        System.arraycopy(client.bytes().array(), client.bytes().from(), unread, 0, unread.length);
        meter.discount(unread.length + 64L);
        client.deliver(unread.length);
        session.adopt(unread);
        afterTurn();
    }

    private static Facts facts(ReplyStyle style, int export, int contexts) {
        int[] ids = new int[Exports.of(export).metaContexts().size()];
        for (int i = 0; i < ids.length && style != ReplyStyle.SIMPLE; i++) {
            ids[i] = (contexts >> i & 1) == 0 ? i + 1 + (contexts & 0xf0) : 0;
        }
        return new Facts(Exports.of(export), style, ids);
    }

    private static List<SelectedContext> selected(Facts facts) {
        List<SelectedContext> selected = new ArrayList<>();
        for (int i = 0; i < facts.contextIds().length; i++) {
            if (facts.contextIds()[i] != 0) {
                selected.add(new SelectedContext(i, facts.contextIds()[i]));
            }
        }
        return selected;
    }

    /** @param choices bit 3: the client takes only what the script says; bit 4: memory is scarce */
    private void begin(Negotiated negotiated, int choices) {
        memory = (choices & 16) != 0 && (choices & 0x80) != 0 ? scarce : ample;
        memory.begin();
        client.reset(facts);
        disk.reset(facts, script);
        oracle.reset(facts, tamper);
        requests.reset(facts, script);
        draining = false;
        gone = false;
        flushRequested = false;
        sendCount = 0;
        room = (choices & 8) != 0 ? 0 : Long.MAX_VALUE;
        meter.begin();
        session = new Session(negotiated, this, memory.pool, memory.shared);
    }

    /** @param choices bit 2: the rest of the input is the client's stream; bit 5: the client goes without notice */
    private void play(int choices, byte[] input) {
        if ((choices & 4) != 0) {
            long seed = script.bits(2);
            int from = script.takeRest();
            client.bytes().put(input, from, input.length - from);
            client.frame();
            script.continueWith(seed);
            for (int turn = 0; turn < MAX_TURNS && client.delivered() < client.length() && !isClosed(); turn++) {
                turn(script.below(8) + 8);
            }
        } else {
            for (int turn = 0; turn < MAX_TURNS && !script.isAtEnd() && !isClosed(); turn++) {
                turn(script.below(16));
            }
        }
        if ((choices & 32) == 0 || (choices & 64) == 0) {
            settle();
        }
        end();
    }

    private boolean isClosed() {
        return !session.violation().isEmpty() || session.isFinished();
    }

    private void turn(int choice) {
        switch (choice) {
            case 0, 1, 2, 3 -> ask(1);
            case 4 -> ask(1 + script.below(16));
            case 5, 6 -> {
                ask(1);
                deliver(Integer.MAX_VALUE);
            }
            case 7 -> garbage();
            case 8, 9 -> deliver(1 + script.below(64));
            case 10 -> deliver(Integer.MAX_VALUE);
            case 11 -> deliver(1 + (int) script.bits(2));
            case 12 -> finishOne(script.u8());
            case 13 -> take(1 + script.bits(script.once(4) ? 3 : 1));
            case 14 -> memory.disturb(script.u8());
            default -> rarely(script.u8());
        }
        afterTurn();
    }

    private void rarely(int choice) {
        if (choice >= 250) {
            drain();
        } else if (choice >= 245) {
            room = room == Long.MAX_VALUE ? 0 : Long.MAX_VALUE;
        } else if (!disk.parked.isEmpty()) {
            disk.parked.get(choice % disk.parked.size()).advance();
        }
    }

    private void ask(int count) {
        for (int i = 0; i < count && !client.isDead(); i++) {
            requests.add();
            client.frame();
        }
    }

    private void garbage() {
        if (script.once(16)) {
            client.bytes().u8(script.u8());
            client.frame();
        } else {
            ask(1);
        }
    }

    /** As the owner of a socket does it: as long as the session takes input. */
    private void deliver(int most) {
        int left = Math.min(most, client.length() - client.delivered());
        while (left > 0 && session.wantsInput()) {
            int length = Math.min(session.prepareReceive(), left);
            require(length > 0, "the session wants input and has no room for it");
            session.receiveBuffer().putBytes(session.receiveIndex(), client.bytes().array(),
                    client.bytes().from() + client.delivered(), length);
            client.deliver(length);
            left -= length;
            session.onReceived(length);
            memory.forgetShared();
        }
        flush();
    }

    private void flush() {
        flushRequested = false;
        session.flush();
    }

    private void finishOne(int choice) {
        if (!disk.parked.isEmpty()) {
            disk.parked.remove(choice % disk.parked.size()).finish();
        }
    }

    private void take(long length) {
        if (room != Long.MAX_VALUE) {
            room += length;
            flush();
        }
    }

    private void drain() {
        draining = true;
        disk.stopping();
        oracle.stopping();
        session.drain();
        flush();
    }

    private void afterTurn() {
        if (flushRequested) {
            flush();
        }
        memory.forgetShared();
        oracle.judge();
        requireLittleMemory();
        if (!session.violation().isEmpty()) {
            require(client.violationBegun(), "closed a connection that did nothing wrong: @", session.violation());
        } else if (session.isFinished()) {
            require(draining || client.disconnectHeard(), "wants to close, and has no reason");
        }
    }

    private void requireLittleMemory() {
        // A slot is taken when a READ or a long WRITE is begun, and stays until the replies around it were sent.
        long owed = client.delivered() + session.unsentLength() + client.longestHeard();
        for (int i = 0; i < disk.parked.size(); i++) {
            owed += disk.parked.get(i).heldLength();
        }
        long limit = MEMORY_PER_INPUT + MEMORY_PER_BYTE * owed + MEMORY_PER_REQUEST * disk.parked.size();
        require(memory.lent() <= limit, "holds @ bytes off-heap, and owes @", memory.lent(), owed);
    }

    /** Both sides go on until nothing is left to do. */
    private void settle() {
        room = Long.MAX_VALUE;
        flush();
        afterTurn();
        int limit = 100 + 4 * client.count() + (client.length() >> 12);
        for (int turn = 0; !isClosed(); turn++) {
            require(turn < limit, "no end after @ turns", turn);
            if (client.delivered() < client.length() && session.wantsInput()) {
                deliver(Integer.MAX_VALUE);
            } else if (!disk.parked.isEmpty()) {
                finishOne(disk.parked.size() - 1 & turn);
            } else if (memory.pool.takeRefused()) {
                memory.pool.trim();
                flush();
            } else {
                break;
            }
            afterTurn();
        }
        if (session.violation().isEmpty()) {
            require(!client.violationHeard(), "took no offence at a request that is none");
            require(!client.disconnectHeard() || session.isFinished(), "does not close after DISC");
            require(!draining || session.isFinished(), "does not close after drain()");
            require(isClosed() || client.delivered() == client.length(),
                    "takes no more input, and nothing is in flight");
            require(session.unsentLength() == 0, "keeps @ bytes", session.unsentLength());
            oracle.requireAllAnswered();
        }
    }

    private void end() {
        gone = true;
        reached.end(!session.violation().isEmpty() ? 0 : client.disconnectHeard() ? 1 : draining ? 2 : 3,
                disk.parked.size(), session.unsentLength());
        session.abort();
        while (!disk.parked.isEmpty()) {
            finishOne(0);
        }
        tamper.ending(memory.pool, received);
        oracle.judge();
        require(session.isFinished(), "unfinished, and nothing is in flight");
        session.export().close();
        require(memory.lent() == 0, "@ bytes of buffers did not come back", memory.lent());
        requestCount += client.count();
        meter.end();
    }

    @Override
    public int send(DirectBuffer buffer, int index, int length) {
        require(!gone, "sends after the end");
        require(length > 0, "sends nothing");
        require(++sendCount <= MAX_SENDS, "sends again and again");
        int taken = tamper.sending((int) Math.min(room, length));
        received.put(buffer, index, taken);
        room -= room == Long.MAX_VALUE ? 0 : taken;
        return taken;
    }

    @Override
    public void requestFlush() {
        flushRequested = true;
    }

    /** What an agent has for all of its sessions. */
    private static final class Memory {

        private final MemoryBudget budget;
        private final SlotPool pool;
        private final UnsafeBuffer shared = new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(SHARED_LENGTH));
        private final boolean isScarce;
        private int inputCount;

        Memory(long limit) {
            isScarce = limit < Long.MAX_VALUE;
            budget = new MemoryBudget(limit);
            pool = new SlotPool(1 << 20, budget);
        }

        /** What an earlier input left there would decide when a later one is short of memory. */
        void begin() {
            pool.takeRefused();
            if (isScarce || (++inputCount & 0xffff) == 0) {
                pool.trim();
                pool.trim();
            }
        }

        long lent() {
            return budget.used() - pool.idleLength();
        }

        /** Other sessions use what this one gave back. */
        void disturb(int choice) {
            UnsafeBuffer other = pool.acquire(4096 << choice % 7);
            other.setMemory(0, Math.min(other.capacity(), 16384), (byte) 0xdd);
            pool.release(other);
            if (choice >= 240) {
                pool.trim();
            }
        }

        /** Other sessions receive into the same buffer. */
        void forgetShared() {
            shared.setMemory(0, 2048, (byte) 0xee);
        }
    }
}
