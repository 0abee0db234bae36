package io.varve.daemon.boot;

import io.varve.daemon.io.CorruptDataException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Version 1 of {@link ProfileFile}: one boot, which is read as a profile of one boot. Immutable. */
final class SequenceFile {

    static final int VERSION = 1;
    static final int ENTRY_LENGTH = 16;

    private SequenceFile() {}

    /**
     * @param body         between subject and checksum
     * @param bodyPosition of it in the file
     * @return empty if it has no entry
     * @throws IllegalArgumentException if the entries are no sequence of that disk
     */
    static Optional<Profile> profile(
            String fileName, ByteBuffer body, int bodyPosition, long diskPageCount, int entryCount)
            throws CorruptDataException {
        if (entryCount < 0
                || entryCount > Sequence.MAX_PAGES
                || entryCount * ENTRY_LENGTH != body.capacity()) {
            throw new CorruptDataException(
                    fileName,
                    ProfileFile.COUNT_OFFSET,
                    entryCount + " entries in " + body.capacity() + " bytes from " + bodyPosition);
        }
        final long[] pageIndexes = new long[entryCount];
        final int[] pageCounts = new int[entryCount];
        final int[] startUs = new int[entryCount];
        for (int i = 0; i < entryCount; i++) {
            final int position = i * ENTRY_LENGTH;
            pageIndexes[i] = body.getLong(position);
            pageCounts[i] = body.getInt(position + 8);
            startUs[i] = body.getInt(position + 12);
        }
        final Sequence boot = new Sequence(pageIndexes, pageCounts, startUs);
        return entryCount == 0 ? Optional.empty() : Optional.of(Profile.of(boot, diskPageCount));
    }
}
