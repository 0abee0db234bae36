package io.varve.it.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Which sectors a differencing file says something about, read from its table and bitmaps by the specifications alone:
 * VHD 1.0, and MS-VHDX with sectors of 512 bytes.
 *
 * <p>Owned by the test.
 */
final class ChildSectors {

    private static final int SECTOR = 512;
    private static final String BAT = "6677c22d23f600429d64115e9bfd4a08";
    private static final String METADATA = "06a27c8b90479a4bb8fe575f050f886e";
    private static final String FILE_PARAMETERS = "3767a1ca36fa434db3b633f0aa44e76b";

    private final FileChannel file;

    private ChildSectors(FileChannel file) {
        this.file = file;
    }

    static BitSet ofVhd(Path path, long size) throws IOException {
        try (FileChannel file = FileChannel.open(path)) {
            return new ChildSectors(file).vhd((int) (size / SECTOR));
        }
    }

    static BitSet ofVhdx(Path path, long size) throws IOException {
        try (FileChannel file = FileChannel.open(path)) {
            return new ChildSectors(file).vhdx((int) (size / SECTOR));
        }
    }

    private ByteBuffer read(long position, int length, ByteOrder order) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(order);
        while (bytes.hasRemaining() && file.read(bytes, position + bytes.position()) > 0) { }
        return bytes.flip();
    }

    private BitSet vhd(int sectorCount) throws IOException {
        ByteBuffer header = read(512, 1024, ByteOrder.BIG_ENDIAN);
        int blockSectors = header.getInt(32) / SECTOR;
        ByteBuffer table = read(header.getLong(16), header.getInt(28) * 4, ByteOrder.BIG_ENDIAN);
        BitSet sectors = new BitSet();
        for (int block = 0; block * blockSectors < sectorCount; block++) {
            long at = table.getInt(block * 4) & 0xffffffffL;
            if (at != 0xffffffffL) {
                ByteBuffer bitmap = read(at * SECTOR, blockSectors / 8, ByteOrder.BIG_ENDIAN);
                for (int i = 0; i < blockSectors; i++) {
                    sectors.set(block * blockSectors + i, (bitmap.get(i / 8) & 0x80 >> i % 8) != 0);
                }
            }
        }
        return sectors;
    }

    private BitSet vhdx(int sectorCount) throws IOException {
        ByteBuffer regions = read(192 << 10, 64 << 10, ByteOrder.LITTLE_ENDIAN);
        long batAt = regions.getLong(entry(regions, 16, BAT) + 16);
        long metadataAt = regions.getLong(entry(regions, 16, METADATA) + 16);
        ByteBuffer items = read(metadataAt, 64 << 10, ByteOrder.LITTLE_ENDIAN);
        int parametersAt = items.getInt(entry(items, 32, FILE_PARAMETERS) + 16);
        int blockSectors = read(metadataAt + parametersAt, 4, ByteOrder.LITTLE_ENDIAN).getInt(0) / SECTOR;
        int ratio = (1 << 23) / blockSectors;
        BitSet sectors = new BitSet();
        for (int block = 0; (long) block * blockSectors < sectorCount; block++) {
            long entry = batEntry(batAt, block + block / ratio);
            int from = block * blockSectors;
            int to = Math.min(sectorCount, from + blockSectors);
            switch ((int) entry & 7) {
                case 0 -> { }
                case 7 -> {
                    long bitmapAt = batEntry(batAt, (block / ratio + 1) * (ratio + 1) - 1) & -(1L << 20);
                    ByteBuffer bitmap = read(bitmapAt, 1 << 20, ByteOrder.LITTLE_ENDIAN);
                    for (int sector = from; sector < to; sector++) {
                        int bit = sector % (1 << 23);
                        sectors.set(sector, (bitmap.get(bit / 8) & 1 << bit % 8) != 0);
                    }
                }
                default -> sectors.set(from, to);
            }
        }
        return sectors;
    }

    private long batEntry(long batAt, int index) throws IOException {
        return read(batAt + index * 8L, 8, ByteOrder.LITTLE_ENDIAN).getLong(0);
    }

    /** Index of the table's entry that begins with an identifier. */
    private static int entry(ByteBuffer table, int first, String identifier) {
        for (int at = first; at < first + 32 * 100; at += 32) {
            StringBuilder hex = new StringBuilder();
            for (byte b : Arrays.copyOfRange(table.array(), at, at + 16)) {
                hex.append(String.format("%02x", b));
            }
            if (hex.toString().equals(identifier)) {
                return at;
            }
        }
        throw new AssertionError("no entry " + identifier);
    }
}
