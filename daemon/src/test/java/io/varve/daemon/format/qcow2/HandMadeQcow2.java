package io.varve.daemon.format.qcow2;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.Deflater;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes images from the specification, entry by entry, right or wrong; shares nothing with the reader. Cluster 0 is
 * the header, the first table follows, then whatever is asked for, in that order.
 *
 * <p>Owned by the test that fills it.
 */
final class HandMadeQcow2 {

    static final long COPIED = 1L << 63;
    static final long COMPRESSED = 1L << 62;

    private final int clusterBits;
    private final int entryLength;
    private final int l1Position;
    private byte[] bytes;
    private int end;

    HandMadeQcow2(int version, int clusterBits, long size) {
        this(version, clusterBits, size, false);
    }

    HandMadeQcow2(int version, int clusterBits, long size, boolean extended) {
        this.clusterBits = clusterBits;
        this.entryLength = extended ? 16 : 8;
        int cluster = 1 << clusterBits;
        bytes = new byte[cluster];
        end = cluster;
        long perTable = (long) cluster / entryLength * cluster;
        long tables = (size + perTable - 1) / perTable;
        l1Position = allocate((int) (tables * 8));
        putInt(0, 0x514649fb);
        putInt(4, version);
        putInt(20, clusterBits);
        putLong(24, size);
        putInt(36, (int) tables);
        putLong(40, l1Position);
        if (version > 2) {
            putLong(72, extended ? 0x10 : 0);
            putInt(96, 4);
            putInt(100, 112);
        }
    }

    int clusterLength() {
        return 1 << clusterBits;
    }

    int l1Position() {
        return l1Position;
    }

    int end() {
        return end;
    }

    HandMadeQcow2 putInt(long position, int value) {
        ByteBuffer.wrap(bytes).putInt((int) position, value);
        return this;
    }

    HandMadeQcow2 putLong(long position, long value) {
        ByteBuffer.wrap(bytes).putLong((int) position, value);
        return this;
    }

    HandMadeQcow2 put(long position, byte[] content) {
        System.arraycopy(content, 0, bytes, (int) position, content.length);
        return this;
    }

    /** Whole clusters behind all others; the position of the first. */
    int allocate(int length) {
        int position = end;
        end += (length + clusterLength() - 1) / clusterLength() * clusterLength();
        bytes = Arrays.copyOf(bytes, end);
        return position;
    }

    /** Where the entry of a cluster is; its table is made if there is none. */
    int entryPosition(long cluster) {
        long perTable = clusterLength() / entryLength;
        int l1Entry = l1Position + (int) (cluster / perTable) * 8;
        long table = ByteBuffer.wrap(bytes).getLong(l1Entry) & ~COPIED;
        if (table == 0) {
            table = allocate(clusterLength());
            putLong(l1Entry, table | COPIED);
        }
        return (int) (table + cluster % perTable * entryLength);
    }

    HandMadeQcow2 entry(long cluster, long value) {
        return putLong(entryPosition(cluster), value);
    }

    HandMadeQcow2 subclusters(long cluster, int zero, int here) {
        return putLong(entryPosition(cluster) + 8, (long) zero << 32 | here & 0xffffffffL);
    }

    /** Returns where the content is. */
    int data(long cluster, byte[] content) {
        int table = entryPosition(cluster);
        int position = allocate(clusterLength());
        put(position, content);
        putLong(table, position | COPIED);
        return position;
    }

    /** @param skip bytes from a sector's start to the code, so that neighbours may share sectors */
    HandMadeQcow2 compressed(long cluster, byte[] code, int skip) {
        entryPosition(cluster);
        int position = allocate(skip + code.length) + skip;
        put(position, code);
        return compressedAt(cluster, position, code.length);
    }

    HandMadeQcow2 compressedAt(long cluster, long position, int length) {
        long more = (position + length - 1) / 512 - position / 512;
        return entry(cluster, COMPRESSED | more << 62 - (clusterBits - 8) | position);
    }

    static byte[] deflated(byte[] content) {
        Deflater deflater = new Deflater(6, true);
        deflater.setInput(content);
        deflater.finish();
        byte[] code = new byte[content.length * 2 + 64];
        int length = deflater.deflate(code);
        deflater.end();
        return Arrays.copyOf(code, length);
    }

    /** Behind what is there already; returns where the next one goes. */
    int extension(int position, int type, byte[] content) {
        putInt(position, type);
        putInt(position + 4, content.length);
        put(position + 8, content);
        return position + 8 + (content.length + 7) / 8 * 8;
    }

    HandMadeQcow2 backing(String name, String format) {
        int position = bytes[7] == 2 ? 72 : 112;
        if (format != null) {
            position = extension(position, 0xe2792aca, format.getBytes(StandardCharsets.UTF_8));
        }
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        putLong(8, position + 8);
        putInt(16, text.length);
        return put(position + 8, text);
    }

    byte[] bytes() {
        return Arrays.copyOf(bytes, end);
    }

    BlockFile file() throws IOException {
        return file(bytes());
    }

    static BlockFile file(byte[] content) throws IOException {
        SimFileSpace space = new SimFileSpace();
        Path path = Path.of("/image.qcow2");
        BlockFile file = space.open(path, OpenMode.CREATE_NEW);
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(Math.max(1, content.length)));
        buffer.putBytes(0, content);
        file.write(0, buffer, 0, content.length);
        file.close();
        return space.open(path, OpenMode.READ);
    }
}
