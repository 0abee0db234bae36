package io.varve.it.format;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Makes VHDX files byte by byte, after [MS-VHDX], in any of the orders that it leaves open, and with any of the states
 * of blocks that say the same; shares nothing with the product.
 *
 * <p>Owned by the test that makes the file.
 */
final class HandMadeVhdx {

    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;
    private static final UUID NONE = new UUID(0, 0);
    private static final long CHUNK_SECTORS = 1 << 23;
    /** UNDEFINED, ZERO, UNMAPPED, and UNMAPPED of version 0.95: none of the parent's bytes show through. */
    private static final int[] ZERO_STATES = {1, 2, 2, 2, 3, 5};
    private static final int PRESENT = 6;
    private static final int PARTIALLY_PRESENT = 7;

    private final Difference content;
    private final UUID id;
    private final ChainFile parentOrNull;
    private final Random random;
    private final int sectorLength;
    private final long blockLength;
    private final long ratio;
    private final ByteBuffer table;
    private final ByteBuffer metadata = little(MIB);
    private int itemCount;
    private int itemEnd = 64 * KIB;
    private long end = MIB;

    private HandMadeVhdx(Difference content, UUID id, ChainFile parentOrNull, Random random) {
        this.content = content;
        this.id = id;
        this.parentOrNull = parentOrNull;
        this.random = random;
        this.sectorLength = content.sectorLength();
        this.blockLength = (long) MIB << random.nextInt(4);
        this.ratio = CHUNK_SECTORS * sectorLength / blockLength;
        long blocks = (content.size() + blockLength - 1) / blockLength;
        this.table = little((int) ((blocks + blocks / ratio + 1) * 8 + MIB - 1) / MIB * MIB);
    }

    static void write(Path path, Difference content, UUID id, ChainFile parentOrNull, Random random)
            throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            new HandMadeVhdx(content, id, parentOrNull, random).write(file);
        }
    }

    private void write(RandomAccessFile file) throws IOException {
        List<Integer> regions = new ArrayList<>(List.of(0, 1, 2));
        Collections.shuffle(regions, random);
        long[] positions = new long[3];
        for (int region : regions) {
            positions[region] = allocate(region == 2 ? table.capacity() : MIB);
        }
        writeBlocks(file);
        describe();
        put(file, positions[1], metadata.array());
        put(file, positions[2], table.array());
        put(file, 0, ("vhdxfile").getBytes(StandardCharsets.US_ASCII));
        boolean firstIsCurrent = random.nextBoolean();
        put(file, 64 * KIB, header(positions[0], firstIsCurrent));
        put(file, 128 * KIB, header(positions[0], !firstIsCurrent));
        byte[] regionTable = regionTable(positions[1], positions[2]);
        put(file, 192 * KIB, regionTable);
        put(file, 256 * KIB, regionTable);
        file.setLength(end);
    }

    private long allocate(long length) {
        long position = end + (random.nextInt(4) == 0 ? MIB : 0);
        end = position + length;
        return position;
    }

    /** The one that is not current has another DataWriteGuid, as one from before has. */
    private byte[] header(long logPosition, boolean current) {
        ByteBuffer header = little(4 * KIB);
        header.put(ascii("head")).putInt(0).putLong(current ? 18 : 17);
        guid(header, new UUID(random.nextLong(), random.nextLong()));
        guid(header, current ? id : new UUID(1, 2));
        guid(header, NONE);
        header.putShort((short) 0).putShort((short) 1).putInt(MIB).putLong(logPosition);
        return sealed(header);
    }

    private byte[] regionTable(long metadataPosition, long tablePosition) {
        ByteBuffer regions = little(64 * KIB);
        regions.put(ascii("regi")).putInt(0).putInt(2).putInt(0);
        for (int i = random.nextInt(2), left = 2; left > 0; i = 1 - i, left--) {
            guid(regions, UUID.fromString(
                    i == 0 ? "2dc27766-f623-4200-9d64-115e9bfd4a08" : "8b7ca206-4790-4b9a-b8fe-575f050f886e"));
            regions.putLong(i == 0 ? tablePosition : metadataPosition).putInt(i == 0 ? table.capacity() : MIB)
                    .putInt(1);
        }
        return sealed(regions);
    }

    private void describe() {
        metadata.put(0, ascii("metadata"));
        List<Runnable> items = new ArrayList<>(List.of(
                () -> item("caa16737-fa36-4d43-b3b6-33f0aa44e76b", 4,
                        little(8).putInt((int) blockLength).putInt(parentOrNull == null ? 0 : 2)),
                () -> item("2fa54224-cd1b-4876-b211-5dbed83bf4b8", 6, little(8).putLong(content.size())),
                () -> item("beca12ab-b2e6-4523-93ef-c309e000c746", 6, little(16).putLong(3).putLong(4)),
                () -> item("8141bf1d-a96f-4709-ba47-f233a8faab5f", 6, little(4).putInt(sectorLength)),
                () -> item("cda348c7-445d-4471-9cc9-e9885251c556", 6, little(4).putInt(4096))));
        if (parentOrNull != null) {
            items.add(() -> item("a8d35f2d-b30b-454d-abf7-d3d84834ab0c", 4, locator()));
        }
        Collections.shuffle(items, random);
        items.forEach(Runnable::run);
        metadata.putShort(10, (short) itemCount);
    }

    private void item(String guid, int flags, ByteBuffer bytes) {
        ByteBuffer entry = little(32);
        guid(entry, UUID.fromString(guid));
        entry.putInt(itemEnd).putInt(bytes.capacity()).putInt(flags);
        metadata.put(32 + 32 * itemCount++, entry.array());
        metadata.put(itemEnd, bytes.array());
        itemEnd += (bytes.capacity() + 7) / 8 * 8;
    }

    private ByteBuffer locator() {
        String name = parentOrNull.path().getFileName().toString();
        List<String> texts = List.of("relative_path", ".\\" + name, "parent_linkage", "{" + parentOrNull.id() + "}",
                "absolute_win32_path", "\\\\?\\C:\\disks\\" + name);
        int length = 20 + 12 * 3 + texts.stream().mapToInt(text -> 2 * text.length()).sum();
        ByteBuffer locator = little(length);
        guid(locator, UUID.fromString("b04aefb7-d19e-4a81-b789-25b8e9445913"));
        locator.putShort((short) 0).putShort((short) 3);
        int at = length;
        for (int i = 0; i < texts.size(); i += 2) {
            // Texts from the end on, so that their order is not that of the entries.
            byte[] key = texts.get(i).getBytes(StandardCharsets.UTF_16LE);
            byte[] value = texts.get(i + 1).getBytes(StandardCharsets.UTF_16LE);
            at -= key.length + value.length;
            locator.putInt(at + value.length).putInt(at).putShort((short) key.length).putShort((short) value.length);
            locator.put(at, value).put(at + value.length, key);
        }
        return locator;
    }

    private void writeBlocks(RandomAccessFile file) throws IOException {
        List<Long> offsets = new ArrayList<>();
        Arrays.stream(content.blocks(blockLength)).forEach(offsets::add);
        Collections.shuffle(offsets, random);
        for (long offset : offsets) {
            writeBlock(file, offset);
        }
    }

    private void writeBlock(RandomAccessFile file, long offset) throws IOException {
        long block = offset / blockLength;
        int entry = (int) (8 * (block + block / ratio));
        byte[] data = new byte[(int) blockLength];
        // What no bit calls present may be anything.
        random.nextBytes(data);
        int usedCount = (int) Math.min(blockLength, content.size() - offset) / Difference.SECTOR;
        int saidCount = 0;
        boolean isZero = true;
        for (int i = 0; i < usedCount; i++) {
            byte[] bytes = content.sectorOrNull(offset + (long) i * Difference.SECTOR);
            if (bytes != null || parentOrNull == null) {
                byte[] said = bytes == null ? new byte[Difference.SECTOR] : bytes;
                System.arraycopy(said, 0, data, i * Difference.SECTOR, Difference.SECTOR);
                isZero &= Arrays.equals(said, new byte[Difference.SECTOR]);
                saidCount++;
            }
        }
        if (isZero && saidCount == usedCount) {
            table.putLong(entry, ZERO_STATES[random.nextInt(ZERO_STATES.length)]);
            return;
        }
        long position = allocate(blockLength);
        put(file, position, data);
        boolean isPartial = saidCount < usedCount || parentOrNull != null && random.nextInt(3) == 0;
        table.putLong(entry, position | (isPartial ? PARTIALLY_PRESENT : PRESENT));
        if (isPartial) {
            markSectors(file, offset, usedCount);
        }
    }

    private void markSectors(RandomAccessFile file, long offset, int usedCount) throws IOException {
        long chunk = offset / blockLength / ratio;
        int entry = (int) (8 * (chunk * (ratio + 1) + ratio));
        if (table.getLong(entry) == 0) {
            long position = allocate(MIB);
            put(file, position, new byte[MIB]);
            table.putLong(entry, position | PRESENT);
        }
        long bitmap = table.getLong(entry) - PRESENT;
        for (int i = 0; i < usedCount; i += sectorLength / Difference.SECTOR) {
            long at = offset + (long) i * Difference.SECTOR;
            if (content.sectorOrNull(at) != null) {
                long bit = at / sectorLength % CHUNK_SECTORS;
                file.seek(bitmap + bit / 8);
                int old = file.read();
                file.seek(bitmap + bit / 8);
                file.write(old | 1 << bit % 8);
            }
        }
    }

    private static ByteBuffer little(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Windows turns round the first four bytes, the next two, and the next two. */
    private static void guid(ByteBuffer to, UUID guid) {
        long high = guid.getMostSignificantBits();
        to.putInt((int) (high >>> 32)).putShort((short) (high >>> 16)).putShort((short) high);
        to.putLong(Long.reverseBytes(guid.getLeastSignificantBits()));
    }

    private static byte[] sealed(ByteBuffer structure) {
        CRC32C crc = new CRC32C();
        crc.update(structure.array());
        return structure.putInt(4, (int) crc.getValue()).array();
    }

    private static void put(RandomAccessFile file, long position, byte[] bytes) throws IOException {
        file.seek(position);
        file.write(bytes);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
