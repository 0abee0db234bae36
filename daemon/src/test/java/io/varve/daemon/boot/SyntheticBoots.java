package io.varve.daemon.boot;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Boots of an invented system: scattered pieces of 8 pages in one order, and in each boot some that no other one has,
 * some that are missing, and neighbours in time that change places.
 */
final class SyntheticBoots {

    static final long DISK_PAGES = 4_000_000;
    static final int PIECE_PAGES = 8;
    private static final int STEP_US = 10_000;

    private final List<Long> pieces = new ArrayList<>();
    private final Random random;

    /** @param seed of the system and of its boots */
    SyntheticBoots(long seed, int pieceCount) {
        random = new Random(seed);
        for (int i = 0; i < pieceCount; i++) {
            pieces.add(piece());
        }
    }

    /** One that begins otherwise, and reads the rest as this one. */
    SyntheticBoots beginningOtherwise(int pieceCount) {
        final SyntheticBoots other = new SyntheticBoots(random.nextLong(), pieceCount);
        other.pieces.addAll(pieces);
        return other;
    }

    /** Pages that every boot without noise reads, in order. */
    List<Long> pieces() {
        return pieces;
    }

    /** A multiple of 64 KiB, so that each is a chunk of its own. */
    private long piece() {
        return random.nextInt((int) (DISK_PAGES >>> 4)) * 16L;
    }

    /**
     * @param noise    pieces in a hundred that are somewhere else
     * @param disorder how far pieces move
     */
    Sequence boot(int noise, int disorder) {
        final List<Long> touched = new ArrayList<>();
        for (final long piece : pieces) {
            touched.add(random.nextInt(100) < noise ? piece() : piece);
        }
        for (int i = 0; disorder > 0 && i < touched.size() - disorder; i++) {
            Collections.swap(touched, i, i + random.nextInt(disorder));
        }
        return recorded(touched);
    }

    static Sequence recorded(List<Long> pieces) {
        final SequenceBuilder builder = SequenceBuilder.ofTouches();
        for (int i = 0; i < pieces.size(); i++) {
            builder.add(pieces.get(i), PIECE_PAGES, i * STEP_US);
        }
        return builder.build();
    }
}
