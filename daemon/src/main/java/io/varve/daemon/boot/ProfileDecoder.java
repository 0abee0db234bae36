package io.varve.daemon.boot;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Pages;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what lies between subject and checksum of version 2. Every count is compared with what is left of the file
 * before anything is allocated for it.
 *
 * <p>Owned by the thread that reads.
 */
final class ProfileDecoder {

    private static final int COUNTS_LENGTH = 16;
    private static final int QUALITY_LENGTH = 4;
    /** An entry has three numbers of at least a byte. */
    private static final int MIN_ENTRY_LENGTH = 3;

    private final ByteBuffer body;
    /** Of the same bytes. */
    private final NumberReader numbers;
    private int entriesLeft = Profile.MAX_ENTRIES;

    /** @param bodyPosition of {@code body} in the file */
    ProfileDecoder(String fileName, ByteBuffer body, int bodyPosition) {
        this.body = body;
        this.numbers = new NumberReader(fileName, body, bodyPosition);
    }

    /** @throws IllegalArgumentException if it is no profile of that disk */
    Profile profile(long diskPageCount, int variantCount) throws CorruptDataException {
        if (variantCount < 1 || variantCount > Profile.MAX_VARIANTS) {
            throw numbers.corrupt(variantCount + " variants");
        }
        final List<Variant> variants = new ArrayList<>();
        for (int i = 0; i < variantCount; i++) {
            variants.add(variant());
        }
        if (body.hasRemaining()) {
            throw numbers.corrupt(body.remaining() + " bytes behind the last variant");
        }
        return new Profile(diskPageCount, variants);
    }

    private Variant variant() throws CorruptDataException {
        require(COUNTS_LENGTH, 1);
        final int bootCount = body.getInt();
        final int mergedCount = body.getInt();
        final int confirmedCount = body.getInt();
        final int qualityCount = body.getInt();
        if (bootCount < 1 || bootCount > Variant.MAX_BOOTS
                || qualityCount < 0 || qualityCount > Variant.MAX_QUALITIES) {
            throw numbers.corrupt("a variant of " + bootCount + " boots, " + qualityCount + " of them judged");
        }
        require(QUALITY_LENGTH, qualityCount);
        final List<Quality> qualities = new ArrayList<>();
        for (int i = 0; i < qualityCount; i++) {
            qualities.add(new Quality(body.getShort() & 0xffff, body.getShort() & 0xffff));
        }
        final List<Sequence> boots = new ArrayList<>();
        for (int i = 0; i < bootCount; i++) {
            final Sequence boot = sequence(entriesLeft);
            entriesLeft -= boot.entryCount();
            boots.add(boot);
        }
        return new Variant(boots, mergedCount, confirmedCount, qualities, sequence(Sequence.MAX_PAGES));
    }

    private Sequence sequence(int maxEntries) throws CorruptDataException {
        require(Integer.BYTES, 1);
        final int entryCount = body.getInt();
        if (entryCount < 0 || entryCount > Math.min(Sequence.MAX_PAGES, maxEntries)) {
            throw numbers.corrupt("a boot of " + entryCount + " entries, when " + maxEntries + " may come");
        }
        require(MIN_ENTRY_LENGTH, entryCount);
        final long[] pageIndexes = new long[entryCount];
        final int[] pageCounts = new int[entryCount];
        final int[] startUs = new int[entryCount];
        long page = 0;
        long us = 0;
        for (int i = 0; i < entryCount; i++) {
            final long distance = numbers.next();
            page += distance >>> 1 ^ -(distance & 1);
            if (page < 0 || page > Long.MAX_VALUE >>> Pages.PAGE_SHIFT) {
                throw numbers.corrupt("an entry at page " + page);
            }
            pageIndexes[i] = page;
            pageCounts[i] = (int) Math.min(Integer.MAX_VALUE, numbers.next());
            us += numbers.next();
            if (us > Integer.MAX_VALUE) {
                throw numbers.corrupt("a boot of " + us + " microseconds");
            }
            startUs[i] = (int) us;
            page += pageCounts[i];
        }
        return new Sequence(pageIndexes, pageCounts, startUs);
    }

    private void require(int length, int count) throws CorruptDataException {
        numbers.require((long) length * count);
    }
}
