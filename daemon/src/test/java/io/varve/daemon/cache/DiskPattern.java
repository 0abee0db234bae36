package io.varve.daemon.cache;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.Buffers;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A disk whose every 8 bytes are a function of where they lie; zero behind its end.
 *
 * <p>Immutable.
 *
 * @param size bytes
 */
public record DiskPattern(long size) {

    /** What the byte at the position is. */
    public byte at(long position) {
        return position >= size ? 0 : (byte) (word(position) >>> (position % Long.BYTES * Byte.SIZE));
    }

    /** The finalizer of SplitMix64 (Steele, Lea, Flood, 2014). */
    private static long word(long position) {
        long z = (position / Long.BYTES + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    private boolean isWord(long position, int left) {
        return left >= Long.BYTES && position % Long.BYTES == 0 && position + Long.BYTES <= size;
    }

    public void fill(long position, MutableDirectBuffer buffer, int index, int length) {
        for (int i = 0; i < length; ) {
            if (isWord(position + i, length - i)) {
                buffer.putLong(index + i, word(position + i), LITTLE_ENDIAN);
                i += Long.BYTES;
            } else {
                buffer.putByte(index + i, at(position + i));
                i++;
            }
        }
    }

    /** @throws AssertionError if a byte is another one */
    public void require(long position, DirectBuffer buffer, int index, int length) {
        for (int i = 0; i < length; ) {
            if (isWord(position + i, length - i)
                    && buffer.getLong(index + i, LITTLE_ENDIAN) == word(position + i)) {
                i += Long.BYTES;
            } else if (buffer.getByte(index + i) == at(position + i)) {
                i++;
            } else {
                throw new AssertionError("byte " + (position + i) + " of the disk is " + buffer.getByte(index + i)
                        + " instead of " + at(position + i));
            }
        }
    }

    public int chunkCount() {
        return Chunks.count(size);
    }

    public UnsafeBuffer chunk(int chunk) {
        int length = Chunks.length(chunk, size);
        UnsafeBuffer buffer = Buffers.alignedDirect(Chunks.CHUNK_SIZE);
        fill(Chunks.position(chunk), buffer, 0, length);
        return new UnsafeBuffer(buffer, 0, length);
    }
}
