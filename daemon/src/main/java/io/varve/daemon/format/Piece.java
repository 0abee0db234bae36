package io.varve.daemon.format;

/**
 * What one image file says about a range of its disk: a caller's scratch object, filled by {@link ForeignImage#locate},
 * so that a look allocates nothing.
 *
 * <p>Owned by the thread that looks.
 */
public final class Piece {

    /** Nothing: the parent speaks for the range; without a parent it is zero. */
    public static final int ABSENT = 0;
    /** The bytes are zero, whatever the parent says. */
    public static final int ZERO = 1;
    /** The bytes are in the file as they are, at {@link #position}. */
    public static final int DATA = 2;
    /** The bytes are in the file, encoded: {@link ForeignImage#read} decodes them. */
    public static final int ENCODED = 3;

    private int kind;
    private long length;
    private long position;

    public int kind() {
        return kind;
    }

    /** Bytes, from the one that was asked for; at least 1, and a multiple of 512 but at the end of what was asked. */
    public long length() {
        return length;
    }

    /** Byte in the file; of {@link #DATA} only. */
    public long position() {
        return position;
    }

    public void setAbsent(long newLength) {
        set(ABSENT, newLength, 0);
    }

    public void setZero(long newLength) {
        set(ZERO, newLength, 0);
    }

    public void setData(long newLength, long newPosition) {
        set(DATA, newLength, newPosition);
    }

    public void setEncoded(long newLength) {
        set(ENCODED, newLength, 0);
    }

    private void set(int newKind, long newLength, long newPosition) {
        this.kind = newKind;
        this.length = newLength;
        this.position = newPosition;
    }

    @Override
    public String toString() {
        return switch (kind) {
            case ABSENT -> "absent x " + length;
            case ZERO -> "zero x " + length;
            case DATA -> "data x " + length + " at " + position;
            default -> "encoded x " + length;
        };
    }
}
