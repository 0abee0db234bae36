package io.varve.it.format;

import java.util.ArrayList;
import java.util.List;

/** A base and five children that overlap in every way that formats tell apart. Immutable. */
final class FiveChildren {

    private static final int SECTOR = Difference.SECTOR;
    private static final int PAGE = 4096;
    private static final int COUNT = 5;

    private FiveChildren() {}

    /**
     * @param size        bytes of the disk, which no block has to divide
     * @param blockLength bytes that boundaries lie apart
     * @param blocks      where there is something, in order; the last is that where the disk ends
     * @return base first
     */
    static List<Difference> of(long size, long blockLength, long[] blocks) {
        List<Difference> contents = new ArrayList<>();
        contents.add(base(size, blockLength, blocks));
        for (int number = 1; number <= COUNT; number++) {
            Difference child = new Difference(size);
            for (int i = 0; i < blocks.length; i++) {
                change(child, number, blocks[i] * blockLength, i);
            }
            contents.add(child);
        }
        // A block of zeros over data, in the middle of the chain; the next child puts a sector into it.
        contents.get(3).zeros(blocks[2] * blockLength, blockLength);
        contents.get(4).data(blocks[2] * blockLength + 9 * SECTOR, SECTOR, 99);
        // A block of the child's alone, and one of which only the last child says something.
        contents.get(2).data(blocks[3] * blockLength, blockLength, 98);
        contents.get(5).zeros(size - 2 * SECTOR, SECTOR);
        return contents;
    }

    /** Full blocks, absent ones, and single sectors where blocks meet. */
    private static Difference base(long size, long blockLength, long[] blocks) {
        Difference base = new Difference(size);
        for (int i = 0; i < blocks.length; i++) {
            long block = blocks[i] * blockLength;
            if (i % 3 == 2 || i == blocks.length - 1) {
                base.data(block, blockLength, i);
            } else if (i % 3 == 0) {
                base.data(block - SECTOR, 2 * SECTOR, i);
                base.data(block + blockLength / 2, 100 * PAGE, i + 50);
            }
        }
        return base;
    }

    private static void change(Difference child, int number, long block, int index) {
        int seed = 1000 * number + 10 * index;
        // A sector on each side of the boundary, and one that all children have.
        child.data(block + (number - 1) * SECTOR, SECTOR, seed);
        child.data(block - number * SECTOR, SECTOR, seed + 1);
        child.data(block + 64 * PAGE, SECTOR, seed + 2);
        // One half of a page set, the other the parent's; ranges of the next child begin inside.
        for (int page = 0; page < 12; page++) {
            long start = block + (100 + page) * PAGE + (number % 2) * PAGE / 2;
            if (page % COUNT >= number - 1) {
                child.data(start, PAGE / 2, seed + 3 + page);
            }
        }
        child.data(block + 120 * PAGE + number * 3 * SECTOR, 5 * SECTOR, seed + 4);
        child.zeros(block + 130 * PAGE + number * 3 * SECTOR, 5 * SECTOR);
        if (index % COUNT == number - 1) {
            child.zeros(block + 100 * PAGE, 3 * PAGE + SECTOR);
        }
    }
}
