package io.varve.daemon.boot;

import io.varve.daemon.io.Pages;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clients that boot one image at about the same time: what is read ahead for one of them is not read ahead again for
 * the others. Each has a position, a window and a judgement of its own ({@link Replayer}); what they want is loaded by
 * one {@link ReadAhead} for each variant. Who comes late finds what was loaded; who leaves takes nothing along.
 *
 * <p>Thread-safe because members are counted under a lock, and {@link ReadAhead} is.
 */
final class Wave {

    private static final Logger LOGGER = LoggerFactory.getLogger(Wave.class);
    /** What is read from far comes in pieces of 64 KiB, and clients ask for more than was learned. */
    private static final int MEMORY_SLACK = 4;
    private static final int MIN_MEMORY_PAGES = 16 << (20 - Pages.PAGE_SHIFT);

    private final SequenceSlot slot;
    private final WaveMemory memory;
    private final Closeable hold;
    private Profile profile;
    private final List<ReadAhead> variants;
    private int memberCount;
    private int joinCount;
    private boolean failureTaken;
    private long countedPages;

    /**
     * @param slot       of the first member
     * @param hold       of what its members read from; closed with this
     * @param budget     of the memory of all waves
     * @param pack       what can be read ahead from
     * @param background runs steps of reading ahead
     */
    Wave(SequenceSlot slot, Profile profile, Closeable hold, MemoryBudget budget, WavePack pack,
            Executor background) {
        this.slot = slot;
        this.hold = hold;
        this.profile = profile;
        final int pages = profile.sequences().stream().mapToInt(Sequence::pageCount).max().orElse(0);
        this.memory = new WaveMemory(budget, MEMORY_SLACK * pages + MIN_MEMORY_PAGES, pack);
        this.variants = profile.sequences().stream()
                .map(sequence -> new ReadAhead(sequence, memory, background))
                .toList();
    }

    SequenceSlot slot() {
        return slot;
    }

    /** Of its members, until the wave is over. */
    WaveMemory memory() {
        return memory;
    }

    /** The last member has left, and nobody joins any more. May wait. */
    void end() {
        memory.leave();
        try {
            hold.close();
        } catch (final IOException ex) {
            LOGGER.warn("what boots of {} read from did not close cleanly", slot.imageName(), ex);
        }
    }

    /** What its members follow. */
    synchronized Profile profile() {
        return profile;
    }

    /** Whether who is to follow the profile would follow what the wave does, and there is hope. */
    synchronized boolean suits(Profile other) {
        return profile.hasSameSequences(other) && failure() == null;
    }

    /** In the order of {@link Profile#sequences}. */
    List<ReadAhead> variants() {
        return variants;
    }

    /**
     * One more member.
     *
     * @param newest that suits; as long as there is the wave, whoever joins next finds it in memory
     * @return members there are now
     */
    synchronized int join(Profile newest) {
        profile = newest;
        joinCount++;
        memberCount++;
        return memberCount;
    }

    /** @return a number to ask {@link #isOver} with if this was the last member; else -1 */
    synchronized int leave() {
        memberCount--;
        return memberCount == 0 ? joinCount : -1;
    }

    synchronized boolean isEmpty() {
        return memberCount == 0;
    }

    /** Whether nobody has joined since the last member left. */
    synchronized boolean isOver(int lastJoin) {
        return memberCount == 0 && joinCount == lastJoin;
    }

    /** Why reading ahead ended early; null if it did not. */
    IOException failure() {
        for (final ReadAhead each : variants) {
            if (each.failure() != null) {
                return each.failure();
            }
        }
        return null;
    }

    /** The same, for the first who asks: it is no news to the others. */
    synchronized IOException takeFailure() {
        final IOException failure = failureTaken ? null : failure();
        failureTaken |= failure != null;
        return failure;
    }

    /** Pages loaded since this was asked for last. */
    synchronized long takeLoadedPages() {
        final long pages = variants.stream().mapToLong(ReadAhead::loadedPages).sum();
        final long news = pages - countedPages;
        countedPages = pages;
        return news;
    }
}
