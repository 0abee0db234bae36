package io.varve.daemon.boot;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Clients that boot one image at about the same time: what is read ahead for one of them is not read ahead again for
 * the others. Each has a position, a window and a judgement of its own ({@link Replayer}); what they want is loaded by
 * one {@link ReadAhead} for each variant. Who comes late finds what was loaded; who leaves takes nothing along.
 *
 * <p>Thread-safe because members are counted under a lock, and {@link ReadAhead} is.
 */
final class Wave {

    private Profile profile;
    private final List<ReadAhead> variants;
    private int memberCount;
    private int joinCount;
    private boolean failureTaken;
    private long countedPages;

    /** @param background runs steps of reading ahead */
    Wave(Profile profile, Executor background) {
        this.profile = profile;
        this.variants = profile.sequences().stream()
                .map(sequence -> new ReadAhead(sequence, background))
                .toList();
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
