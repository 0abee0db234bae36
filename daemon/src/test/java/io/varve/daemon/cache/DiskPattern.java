package io.varve.daemon.cache;

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
        if (position >= size) {
            return 0;
        }
        // The finalizer of SplitMix64 (Steele, Lea, Flood, 2014).
        long z = (position / Long.BYTES + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return (byte) ((z ^ z >>> 31) >>> (position % Long.BYTES * Byte.SIZE));
    }

    public void fill(long position, MutableDirectBuffer buffer, int index, int length) {
        for (int i = 0; i < length; i++) {
            buffer.putByte(index + i, at(position + i));
        }
    }

    /** @throws AssertionError if a byte is another one */
    public void require(long position, DirectBuffer buffer, int index, int length) {
        for (int i = 0; i < length; i++) {
            if (buffer.getByte(index + i) != at(position + i)) {
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
