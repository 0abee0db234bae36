package io.varve.it.format.reference;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;

/** A whole file, mapped GiB by GiB. A number lies at a multiple of its length, so that no map cuts it in two. */
final class FileBytes {

    private static final long MAP_LENGTH = 1L << 30;

    private final Path path;
    private final long length;
    private final ByteBuffer[] maps;

    FileBytes(Path path, ByteOrder order) {
        this.path = path;
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            length = file.length();
            maps = new ByteBuffer[(int) (length / MAP_LENGTH) + 1];
            for (int i = 0; i < maps.length; i++) {
                long start = i * MAP_LENGTH;
                maps[i] = file.getChannel()
                        .map(FileChannel.MapMode.READ_ONLY, start, Math.min(MAP_LENGTH, length - start))
                        .order(order);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path path() {
        return path;
    }

    long length() {
        return length;
    }

    /** What lies behind the end of the file is zero. */
    byte[] bytes(long position, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count && position + i < length; i++) {
            bytes[i] = (byte) int8(position + i);
        }
        return bytes;
    }

    int int8(long position) {
        return map(position).get(index(position)) & 0xff;
    }

    int int16(long position) {
        return map(position).getShort(index(position)) & 0xffff;
    }

    long int32(long position) {
        return map(position).getInt(index(position)) & 0xffffffffL;
    }

    /** With a sign: none of the specified numbers that are read by it has its highest bit set. */
    long int64(long position) {
        return map(position).getLong(index(position));
    }

    String ascii(long position, int count) {
        return new String(bytes(position, count), StandardCharsets.US_ASCII);
    }

    String utf16le(long position, int count) {
        return new String(bytes(position, count), StandardCharsets.UTF_16LE);
    }

    /** Sixteen bytes in the order in which they are written out. */
    UUID uuid(long position) {
        ByteBuffer bytes = ByteBuffer.wrap(bytes(position, 16));
        return new UUID(bytes.getLong(), bytes.getLong());
    }

    /** Sixteen bytes of which Windows turns round the first four, the next two, and the next two. */
    UUID guid(long position) {
        ByteBuffer bytes = ByteBuffer.wrap(bytes(position, 16)).order(ByteOrder.LITTLE_ENDIAN);
        long high = (bytes.getInt() & 0xffffffffL) << 32
                | (bytes.getShort() & 0xffffL) << 16 | bytes.getShort() & 0xffffL;
        return new UUID(high, bytes.order(ByteOrder.BIG_ENDIAN).getLong());
    }

    void require(boolean sound, String what) {
        if (!sound) {
            throw new IllegalStateException(path + ": " + what);
        }
    }

    private ByteBuffer map(long position) {
        return maps[(int) (position / MAP_LENGTH)];
    }

    private static int index(long position) {
        return (int) (position % MAP_LENGTH);
    }
}
