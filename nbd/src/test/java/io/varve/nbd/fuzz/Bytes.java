package io.varve.nbd.fuzz;

import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Bytes that grow at the end and are used up at the front; reused from input to input. Big-endian.
 *
 * <p>Owned by the thread of the test.
 */
final class Bytes {

    /** Counts what growing costs, which is not the product's doing. */
    private final AllocationMeter meter;
    private byte[] array;
    private int from;
    private int to;

    Bytes(AllocationMeter meter, int initialLength) {
        this.meter = meter;
        this.array = new byte[initialLength];
    }

    void clear() {
        from = 0;
        to = 0;
    }

    byte[] array() {
        return array;
    }

    /** Index of the first byte in {@link #array()}. */
    int from() {
        return from;
    }

    int length() {
        return to - from;
    }

    void drop(int length) {
        from += length;
        if (from == to) {
            clear();
        }
    }

    /** Forgets all, and memory beyond {@code most} bytes too. */
    void shrink(int most) {
        clear();
        if (array.length > most) {
            array = meter.grown(new byte[0], most);
        }
    }

    /** Makes room for what will come, in one step. */
    void reserve(int length) {
        if (length > array.length - to) {
            array = meter.grown(array, to + length);
        }
    }

    private int room(int length) {
        if (to + length > array.length) {
            if (from > 0 && to - from + length <= array.length / 2) {
                System.arraycopy(array, from, array, 0, to - from);
                to -= from;
                from = 0;
            } else {
                array = meter.grown(array, Math.max(to + length, 2 * array.length));
            }
        }
        int index = to;
        to += length;
        return index;
    }

    /** Room for {@code length} bytes with any content. @return its index in {@link #array()} */
    int extend(int length) {
        return room(length);
    }

    void put(DirectBuffer source, int index, int length) {
        int at = room(length);
        source.getBytes(index, array, at, length);
    }

    void put(byte[] source, int index, int length) {
        int at = room(length);
        System.arraycopy(source, index, array, at, length);
    }

    void zeroes(int length) {
        int at = room(length);
        Arrays.fill(array, at, at + length, (byte) 0);
    }

    void u8(int value) {
        int at = room(1);
        array[at] = (byte) value;
    }

    void u16(int value) {
        u8(value >>> 8);
        u8(value);
    }

    void u32(int value) {
        u16(value >>> 16);
        u16(value);
    }

    void u64(long value) {
        u32((int) (value >>> 32));
        u32((int) value);
    }

    // Reading: {@code at} counts from the front

    int getU16(int at) {
        return (array[from + at] & 0xff) << 8 | array[from + at + 1] & 0xff;
    }

    int getU32(int at) {
        return getU16(at) << 16 | getU16(at + 2);
    }

    long getU64(int at) {
        return (long) getU32(at) << 32 | getU32(at + 4) & 0xffff_ffffL;
    }

    void setU64(int at, long value) {
        for (int i = 0; i < Long.BYTES; i++) {
            array[from + at + i] = (byte) (value >>> 56 - 8 * i);
        }
    }
}
