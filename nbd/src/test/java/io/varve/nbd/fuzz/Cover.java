package io.varve.nbd.fuzz;

/** Which bytes of a READ its chunks have brought. Owned by the thread of the test. */
final class Cover {

    /** Pairs of first and end, in order of the bytes; neighbours are joined. */
    private long[] pieces = new long[16];
    private int count;
    private long length;

    void clear() {
        count = 0;
        length = 0;
    }

    /** Bytes. */
    long length() {
        return length;
    }

    /** @return false if a byte comes a second time */
    boolean add(long from, long to) {
        int i = count;
        while (i > 0 && pieces[2 * i - 2] >= from) {
            i--;
        }
        if (i > 0 && pieces[2 * i - 1] > from || i < count && pieces[2 * i] < to) {
            return false;
        }
        length += to - from;
        if (i > 0 && pieces[2 * i - 1] == from) {
            pieces[2 * i - 1] = to;
            return true;
        }
        if (2 * count + 2 > pieces.length) {
            pieces = java.util.Arrays.copyOf(pieces, 2 * pieces.length);
        }
        System.arraycopy(pieces, 2 * i, pieces, 2 * i + 2, 2 * (count - i));
        pieces[2 * i] = from;
        pieces[2 * i + 1] = to;
        count++;
        return true;
    }
}
