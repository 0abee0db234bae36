package io.varve.it.guest;

import java.nio.ByteBuffer;
import java.util.Random;

/**
 * What each writer in the guest does, step by step, as a function of the seed: the guest follows it, and the host knows
 * from the number of the last acknowledged step what must be on the disk.
 *
 * <p>Immutable.
 */
final class PowerCutScript {

    static final int WRITER_COUNT = 3;
    static final int SLOT_COUNT = 8;
    static final int PAGE_SIZE = 4096;
    static final int PAGE_COUNT = 32;
    /** The unit that a disk writes whole. */
    static final int SECTOR_SIZE = 512;

    private static final int SMALL_LENGTH = 24 << 10;
    /** More than the daemon copies into its journal. */
    private static final int LARGE_LENGTH = 600 << 10;

    private final long seed;

    enum Kind {
        /** A file is written under another name, and takes the place of the one in the slot. */
        REPLACE,
        /** The file in the slot is removed; its blocks are discarded. */
        REMOVE,
        /** A page of the writer's one file that always exists is overwritten. */
        IN_PLACE
    }

    /** @param target a slot, or a page. @param length bytes of content */
    record Step(int number, Kind kind, int target, int length) {}

    PowerCutScript(long seed) {
        this.seed = seed;
    }

    /** @param number from 1 on; 0 is the making of the file that is overwritten in place */
    Step step(int writer, int number) {
        Random random = new Random(mixed(writer, number));
        int choice = random.nextInt(10);
        if (choice < 3) {
            return new Step(number, Kind.IN_PLACE, random.nextInt(PAGE_COUNT), PAGE_SIZE);
        }
        int slot = random.nextInt(SLOT_COUNT);
        if (choice < 4) {
            return new Step(number, Kind.REMOVE, slot, 0);
        }
        int longest = random.nextInt(8) == 0 ? LARGE_LENGTH : SMALL_LENGTH;
        return new Step(number, Kind.REPLACE, slot, Integer.BYTES + random.nextInt(longest));
    }

    /** What a step writes into a file: its number first, then what only this step of this writer has. */
    byte[] content(int writer, Step step) {
        byte[] content = new byte[step.length()];
        new Random(mixed(writer, step.number()) + 1).nextBytes(content);
        ByteBuffer.wrap(content).putInt(step.number());
        return content;
    }

    /** What a step writes into a page: each sector begins with the step's number. */
    byte[] page(int writer, int page, int number) {
        byte[] content = new byte[PAGE_SIZE];
        new Random(mixed(writer, number) + 2 + page).nextBytes(content);
        for (int sector = 0; sector < PAGE_SIZE; sector += SECTOR_SIZE) {
            ByteBuffer.wrap(content).putInt(sector, number);
        }
        return content;
    }

    /** Neighbours in any number must not give neighbours in what comes out. */
    private long mixed(int writer, int number) {
        long key = (seed * 31 + writer) * 1_000_003 + number;
        key = (key ^ (key >>> 31)) * 0x9E3779B97F4A7C15L;
        return (key ^ (key >>> 29)) * 0xBF58476D1CE4E5B9L;
    }
}
