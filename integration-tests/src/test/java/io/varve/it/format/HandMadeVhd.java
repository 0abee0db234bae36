package io.varve.it.format;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Makes VHDs byte by byte, after the Virtual Hard Disk Image Format Specification, version 1.0, in any of the orders
 * that it leaves open; shares nothing with the product.
 *
 * <p>Owned by the test that makes the file.
 */
final class HandMadeVhd {

    private static final int SECTOR = 512;
    private static final int DYNAMIC = 3;
    private static final int DIFFERENCING = 4;

    private final Difference content;
    private final UUID id;
    private final ChainFile parentOrNull;
    private final Random random;
    private final int blockLength;
    private final ByteBuffer header = ByteBuffer.allocate(1024);
    private final ByteBuffer table;
    private long end;

    private HandMadeVhd(Difference content, UUID id, ChainFile parentOrNull, Random random) {
        this.content = content;
        this.id = id;
        this.parentOrNull = parentOrNull;
        this.random = random;
        this.blockLength = 512 << 10 << random.nextInt(3);
        int entryCount = (int) ((content.size() + blockLength - 1) / blockLength);
        this.table = ByteBuffer.allocate((entryCount * 4 + SECTOR - 1) / SECTOR * SECTOR);
        Arrays.fill(table.array(), (byte) 0xff);
    }

    static void write(Path path, Difference content, UUID id, ChainFile parentOrNull, Random random)
            throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            new HandMadeVhd(content, id, parentOrNull, random).write(file);
        }
    }

    private void write(RandomAccessFile file) throws IOException {
        long headerPosition = SECTOR * (1L + random.nextInt(4));
        end = headerPosition + header.capacity();
        boolean tableFirst = random.nextBoolean();
        long tablePosition = tableFirst ? allocate(table.capacity()) : 0;
        if (parentOrNull != null) {
            nameParent(file);
        }
        tablePosition = tableFirst ? tablePosition : allocate(table.capacity());
        writeBlocks(file);
        header.put(0, ascii("cxsparse")).putLong(8, -1).putLong(16, tablePosition).putInt(24, 0x10000)
                .putInt(28, (int) ((content.size() + blockLength - 1) / blockLength)).putInt(32, blockLength);
        put(file, headerPosition, sealed(header, 36));
        put(file, tablePosition, table.array());
        byte[] footer = footer(headerPosition);
        put(file, 0, footer);
        put(file, end, footer);
    }

    /** Whole sectors, sometimes with some between that nobody uses. */
    private long allocate(long length) {
        long position = end + SECTOR * (random.nextInt(3) == 0 ? random.nextInt(9) : 0);
        end = position + (length + SECTOR - 1) / SECTOR * SECTOR;
        return position;
    }

    private void nameParent(RandomAccessFile file) throws IOException {
        header.putLong(40, parentOrNull.id().getMostSignificantBits());
        header.putLong(48, parentOrNull.id().getLeastSignificantBits());
        header.putInt(56, (int) (ChainFile.TIME - ChainFile.YEAR_2000));
        String name = parentOrNull.path().getFileName().toString();
        header.put(64, name.getBytes(StandardCharsets.UTF_16BE));
        locator(file, random.nextInt(4), "W2ru", ".\\" + name);
        locator(file, 4 + random.nextInt(4), "W2ku", "C:\\disks\\" + name);
    }

    private void locator(RandomAccessFile file, int index, String code, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_16LE);
        long position = allocate(bytes.length);
        put(file, position, bytes);
        int at = 576 + 24 * index;
        header.put(at, ascii(code)).putInt(at + 4, 1).putInt(at + 8, bytes.length).putLong(at + 16, position);
    }

    private void writeBlocks(RandomAccessFile file) throws IOException {
        long[] offsets = content.blocks(blockLength);
        int[] order = IntStream.range(0, offsets.length).toArray();
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
        for (int i : order) {
            writeBlock(file, offsets[i]);
        }
    }

    private void writeBlock(RandomAccessFile file, long offset) throws IOException {
        int sectorCount = blockLength / SECTOR;
        ByteBuffer bitmap = ByteBuffer.allocate((sectorCount / 8 + SECTOR - 1) / SECTOR * SECTOR);
        byte[] data = new byte[blockLength];
        // What no bit calls data may be anything.
        random.nextBytes(data);
        for (int sector = 0; sector < sectorCount; sector++) {
            byte[] bytes = content.sectorOrNull(offset + (long) sector * SECTOR);
            if (bytes != null) {
                System.arraycopy(bytes, 0, data, sector * SECTOR, SECTOR);
                bitmap.put(sector / 8, (byte) (bitmap.get(sector / 8) | 0x80 >> sector % 8));
            }
        }
        long position = allocate(bitmap.capacity() + data.length);
        put(file, position, bitmap.array());
        put(file, position + bitmap.capacity(), data);
        table.putInt((int) (offset / blockLength) * 4, (int) (position / SECTOR));
    }

    private byte[] footer(long headerPosition) {
        ByteBuffer footer = ByteBuffer.allocate(SECTOR);
        footer.put(ascii("conectix")).putInt(2).putInt(0x10000).putLong(headerPosition)
                .putInt((int) (ChainFile.TIME - ChainFile.YEAR_2000)).put(ascii("win ")).putInt(0x60001)
                .put(ascii("Wi2k")).putLong(content.size()).putLong(content.size())
                .putInt(0x1041103f).putInt(parentOrNull == null ? DYNAMIC : DIFFERENCING).putInt(0)
                .putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
        return sealed(footer, 64);
    }

    private static byte[] sealed(ByteBuffer structure, int field) {
        structure.putInt(field, 0);
        int sum = 0;
        for (byte each : structure.array()) {
            sum += each & 0xff;
        }
        return structure.putInt(field, ~sum).array();
    }

    private static void put(RandomAccessFile file, long position, byte[] bytes) throws IOException {
        file.seek(position);
        file.write(bytes);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
