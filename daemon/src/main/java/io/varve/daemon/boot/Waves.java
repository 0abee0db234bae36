package io.varve.daemon.boot;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.counters.Counters;
import java.io.Closeable;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The waves that are under way, one for each image that boots. A wave begins with its first member, which waits for
 * nobody, and is over when the last member's boot has been over for ten seconds.
 *
 * <p>Thread-safe because the table is behind one lock.
 */
final class Waves {

    private static final Logger LOGGER = LoggerFactory.getLogger(Waves.class);
    /** How long a wave stays when its last member has booted, for who comes late. */
    static final long LINGER_MS = 10_000;

    /** By image. A wave that is not here any more ends with its last member. */
    private final Map<String, Wave> current = new HashMap<>();
    /** Null until the first wave: to ask for the machine's memory loads classes that a start need not wait for. */
    private MemoryBudget memory;
    private final Executor background;
    private final BootEngine.DelayTimer timer;
    private final Counters counters;
    private final PackJobs packs;
    private boolean closed;

    Waves(Executor background, BootEngine.DelayTimer timer, PackJobs packs, Counters counters) {
        this.packs = packs;
        this.background = background;
        this.timer = timer;
        this.counters = counters;
    }

    /**
     * Joins the wave of the image, or begins one: if there is none, if boots are to be read ahead otherwise since it
     * began, or if its reading ahead has failed.
     */
    synchronized Wave join(SequenceSlot slot, Profile profile) {
        final String image = slot.imageName();
        Wave wave = current.get(image);
        if (wave == null || !wave.suits(profile)) {
            memory = memory == null ? MemoryBudget.ofMachine() : memory;
            wave = new Wave(slot, profile, hold(slot), memory, new WavePack(() -> openPack(slot)), background);
            current.put(image, wave);
            counters.get(Counter.BOOT_WAVES).increment();
        }
        final int members = wave.join(profile);
        counters.get(Counter.BOOT_LARGEST_WAVE).proposeMaxRelease(members);
        return wave;
    }

    /** What the first member reads from is open: this waits for nothing. */
    private static Closeable hold(SequenceSlot slot) {
        try {
            return slot.hold();
        } catch (final IOException ex) {
            LOGGER.debug("a wave of {} holds nothing", slot.imageName(), ex);
            return () -> { };
        }
    }

    private Optional<Pack> openPack(SequenceSlot slot) throws IOException {
        return packs.isOff() ? Optional.empty() : slot.openPack();
    }

    /** A member's boot is over. For workers. */
    synchronized void leave(Wave wave) {
        final String image = wave.slot().imageName();
        final int lastJoin = wave.leave();
        if (lastJoin < 0) {
            return;
        }
        if (closed || current.get(image) != wave) {
            end(image, wave);
        } else {
            timer.after(LINGER_MS, () -> endIfOver(image, wave, lastJoin));
        }
    }

    private synchronized void endIfOver(String image, Wave wave, int lastJoin) {
        if (wave.isOver(lastJoin)) {
            end(image, wave);
        }
    }

    private void end(String image, Wave wave) {
        current.remove(image, wave);
        final WavePack pack = wave.memory().pack();
        counters.get(Counter.BOOT_PACKED).getAndAdd(pack.pages());
        if (pack.hasFailed()) {
            counters.get(Counter.BOOT_PACK_FAILURES).increment();
        }
        if (closed) {
            wave.end();
            return;
        }
        try {
            background.execute(wave::end);
        } catch (final RejectedExecutionException ex) {
            wave.end(); // the daemon stops
        }
        packs.consider(wave.slot(), wave.profile());
    }

    /** Waves that a client can join. */
    synchronized int count() {
        return current.size();
    }

    /** From now on, no wave waits for late members. */
    synchronized void close() {
        closed = true;
        for (final Wave wave : List.copyOf(current.values())) {
            if (wave.isEmpty()) {
                end(wave.slot().imageName(), wave);
            }
        }
    }
}
