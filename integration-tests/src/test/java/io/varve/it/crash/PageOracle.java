package io.varve.it.crash;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.varve.it.tool.RawImages;

/**
 * Knows for each page which contents it may have after a crash: the last one that was made durable, and every one
 * that was written after it.
 *
 * <p>Owned by the thread of the test.
 */
final class PageOracle {

    static final int PAGE_SIZE = 4096;
    /** The content that was imported. */
    private static final int IMPORTED = 0;

    private final Path raw;
    private final List<List<Integer>> candidates = new ArrayList<>();
    private final int[] acknowledged;
    private int lastVersion;

    PageOracle(Path raw, int pageCount) {
        this.raw = raw;
        this.acknowledged = new int[pageCount];
        for (int page = 0; page < pageCount; page++) {
            candidates.add(new ArrayList<>(List.of(IMPORTED)));
        }
    }

    int pageCount() {
        return acknowledged.length;
    }

    /** A content that was never written before; every third is zeros. */
    int newVersion() {
        return ++lastVersion;
    }

    static boolean isZero(int version) {
        return version % 3 == 0;
    }

    void onSubmitted(int page, int version) {
        candidates.get(page).add(version);
    }

    void onAcknowledged(int page, int version) {
        acknowledged[page] = version;
    }

    /** What a flush that is sent now makes durable, once it is answered. */
    int[] acknowledged() {
        return acknowledged.clone();
    }

    /** @param durable the newest durable version of each page */
    void onFlushed(int[] durable) {
        for (int page = 0; page < durable.length; page++) {
            onDurable(page, durable[page]);
        }
    }

    void onDurable(int page, int version) {
        List<Integer> versions = candidates.get(page);
        versions.subList(0, Math.max(0, versions.indexOf(version))).clear();
    }

    /**
     * Compares a whole disk with what it may be; from now on it is what it is.
     *
     * @param firstPage of {@code content}
     */
    void check(int firstPage, byte[] content, String when) {
        for (int i = 0; i < content.length / PAGE_SIZE; i++) {
            int page = firstPage + i;
            byte[] found = Arrays.copyOfRange(content, i * PAGE_SIZE, (i + 1) * PAGE_SIZE);
            int version = candidates.get(page).stream()
                    .filter(candidate -> Arrays.equals(found, content(page, candidate)))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(when + ": page " + page + " holds " + described(found)
                            + ", may be one of versions " + candidates.get(page)));
            candidates.set(page, new ArrayList<>(List.of(version)));
            acknowledged[page] = version;
        }
    }

    byte[] content(int page, int version) {
        if (version == IMPORTED) {
            return RawImages.read(raw, (long) page * PAGE_SIZE, PAGE_SIZE);
        }
        ByteBuffer bytes = ByteBuffer.allocate(PAGE_SIZE);
        while (bytes.hasRemaining() && !isZero(version)) {
            bytes.putLong(page).putLong(version);
        }
        return bytes.array();
    }

    private static String described(byte[] found) {
        ByteBuffer bytes = ByteBuffer.wrap(found);
        StringBuilder stamps = new StringBuilder();
        for (int sector = 0; sector < PAGE_SIZE / 512; sector++) {
            stamps.append(" (").append(bytes.getLong(sector * 512)).append(", ")
                    .append(bytes.getLong(sector * 512 + 8)).append(')');
        }
        return "sectors stamped (page, version)" + stamps;
    }
}
