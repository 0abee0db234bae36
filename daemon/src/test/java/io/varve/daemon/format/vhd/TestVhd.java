package io.varve.daemon.format.vhd;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes small VHDs from the specification, in memory, and shares nothing with the reader. Blocks are put where the file
 * ends.
 */
final class TestVhd {

    static final UUID ID = UUID.fromString("01234567-89ab-cdef-fedc-ba9876543210");
    static final UUID PARENT_ID = UUID.fromString("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0");
    static final int HEADER = 512;
    static final int TABLE = 1536;

    String creator = "win ";
    int geometry;
    UUID id = ID;
    /** Seconds since 2000. */
    int time = 3600;
    byte[] file = new byte[0];

    private final int type;
    private final long size;
    private final int blockLength;
    private int tableLength;

    private TestVhd(int type, long size, int blockLength) {
        this.type = type;
        this.size = size;
        this.blockLength = blockLength;
    }

    static TestVhd fixed(byte[] disk) {
        TestVhd vhd = new TestVhd(2, disk.length, 0);
        vhd.file = disk.clone();
        return vhd;
    }

    static TestVhd dynamic(long size, int blockLength) {
        return new TestVhd(3, size, blockLength).start();
    }

    static TestVhd differencing(long size, int blockLength) {
        TestVhd vhd = new TestVhd(4, size, blockLength).start();
        vhd.bytes(HEADER + 56).putInt(86_400);
        return vhd.parentId(PARENT_ID);
    }

    private TestVhd start() {
        int entryCount = (int) ((size + blockLength - 1) / blockLength);
        tableLength = (entryCount * 4 + 511) / 512 * 512;
        file = new byte[TABLE + tableLength];
        bytes(HEADER).put("cxsparse".getBytes(StandardCharsets.US_ASCII)).putLong(-1).putLong(TABLE)
                .putInt(0x10000).putInt(entryCount).putInt(blockLength);
        Arrays.fill(file, TABLE, file.length, (byte) 0xFF);
        return this;
    }

    /** Of the file from a byte on, big-endian. */
    ByteBuffer bytes(int position) {
        return ByteBuffer.wrap(file, position, file.length - position);
    }

    TestVhd parentId(UUID parentId) {
        bytes(HEADER + 40).putLong(parentId.getMostSignificantBits()).putLong(parentId.getLeastSignificantBits());
        return this;
    }

    TestVhd parentName(String name) {
        bytes(HEADER + 64).put(name.getBytes(StandardCharsets.UTF_16BE));
        return this;
    }

    /** @param space as it is written, in sectors or bytes */
    TestVhd locator(int index, String code, String path, int space) {
        byte[] text = path.getBytes(StandardCharsets.UTF_16LE);
        int position = append(Arrays.copyOf(text, (text.length + 511) / 512 * 512));
        bytes(HEADER + 576 + 24 * index).put(code.getBytes(StandardCharsets.US_ASCII))
                .putInt(space).putInt(text.length).putInt(0).putLong(position);
        return this;
    }

    /** Adds a block with sectors that have data; {@code data} holds the whole block. */
    TestVhd block(int index, byte[] data, int... sectors) {
        byte[] bitmap = new byte[Math.max(512, blockLength / 4096)];
        for (int sector : sectors) {
            bitmap[sector / 8] |= (byte) (0x80 >> sector % 8);
        }
        return block(index, data, bitmap);
    }

    TestVhd block(int index, byte[] data, byte[] bitmap) {
        file = Arrays.copyOf(file, (file.length + 511) / 512 * 512);
        entry(index, append(bitmap) / 512);
        append(data);
        return this;
    }

    TestVhd entry(int index, int sector) {
        bytes(TABLE + 4 * index).putInt(sector);
        return this;
    }

    int entry(int index) {
        return bytes(TABLE + 4 * index).getInt();
    }

    private int append(byte[] more) {
        int position = file.length;
        file = Arrays.copyOf(file, position + more.length);
        System.arraycopy(more, 0, file, position, more.length);
        return position;
    }

    byte[] footer() {
        ByteBuffer footer = ByteBuffer.allocate(512);
        footer.put("conectix".getBytes(StandardCharsets.US_ASCII)).putInt(2).putInt(0x10000)
                .putLong(type == 2 ? -1 : HEADER).putInt(time).put(creator.getBytes(StandardCharsets.US_ASCII))
                .putInt(0x60001).put("Wi2k".getBytes(StandardCharsets.US_ASCII)).putLong(size).putLong(size)
                .putInt(geometry).putInt(type).putInt(0)
                .putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
        seal(footer.array(), 0, 512, 64);
        return footer.array();
    }

    /** Puts the checksum right. */
    static void seal(byte[] bytes, int position, int length, int fieldAt) {
        ByteBuffer.wrap(bytes).putInt(position + fieldAt, 0);
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += Byte.toUnsignedInt(bytes[position + i]);
        }
        ByteBuffer.wrap(bytes).putInt(position + fieldAt, -1 - sum);
    }

    /** The whole file, with checksums. */
    byte[] build() {
        byte[] body = body();
        byte[] whole = Arrays.copyOf(body, body.length + 512);
        System.arraycopy(footer(), 0, whole, body.length, 512);
        return whole;
    }

    /** The file without the footer at its end. */
    byte[] body() {
        byte[] body = file.clone();
        if (type != 2) {
            System.arraycopy(footer(), 0, body, 0, 512);
            seal(body, HEADER, 1024, 36);
        }
        return body;
    }

    static VhdImage open(byte[] content) throws IOException {
        return new VhdImage(fileOf(content));
    }

    static BlockFile fileOf(byte[] content) throws IOException {
        BlockFile file = new SimFileSpace().open(Path.of("/a.vhd"), FileSpace.OpenMode.CREATE_NEW);
        UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(content.length + 1));
        bytes.putBytes(0, content);
        file.write(0, bytes, 0, content.length);
        return file;
    }
}
