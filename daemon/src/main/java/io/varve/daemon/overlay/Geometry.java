package io.varve.daemon.overlay;

/**
 * Sizes that an overlay works with. Only the length of a half is part of the format; the rest is how this build writes.
 * Immutable.
 *
 * @param halfLength      bytes of each half, a multiple of 4096; recorded in meta
 * @param stepLength      bytes by which a half is written with zeros ahead of its use, a multiple of 4096
 * @param maxRecordLength bytes; an epoch that needs more is committed by a checkpoint
 * @param maxPayloadPages an epoch with more pages of data syncs the data file instead of copying them
 * @param minHolePages    shorter runs of zeroed pages stay allocated: the hole would cost more than it frees
 */
record Geometry(int halfLength, int stepLength, int maxRecordLength, int maxPayloadPages,
        int minHolePages) {

    /** Bounds of what a file may claim, so that a damaged one cannot make a reader allocate without limit. */
    static final int MIN_HALF_LENGTH = 4096;
    static final int MAX_HALF_LENGTH = 256 << 20;

    static final Geometry DEFAULT = new Geometry(16 << 20, 1 << 20, 512 << 10, 64, 256);

    Geometry {
        if (halfLength < MIN_HALF_LENGTH || halfLength > MAX_HALF_LENGTH || halfLength % 4096 != 0) {
            throw new IllegalArgumentException("a journal half of " + halfLength + " bytes");
        }
        if (stepLength < 4096 || stepLength % 4096 != 0 || halfLength % stepLength != 0) {
            throw new IllegalArgumentException("a journal half of " + halfLength + " bytes in steps of " + stepLength);
        }
        if (maxRecordLength < JournalRecord.ALIGNMENT || maxRecordLength > halfLength) {
            throw new IllegalArgumentException("journal records of " + maxRecordLength + " bytes");
        }
    }

    /** The same way to write, for an overlay that was created with another length. */
    Geometry withHalfLength(int length) {
        return length == halfLength
                ? this
                : new Geometry(length, Math.min(stepLength, length), Math.min(maxRecordLength, length), maxPayloadPages,
                        minHolePages);
    }
}
