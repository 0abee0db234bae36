package io.varve.daemon.format.vhdx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Makes VHDX files byte by byte, as [MS-VHDX] says. Shares nothing with the product.
 *
 * <pre>
 *   0 headers | 1 MiB log | 2 MiB metadata | 3 MiB block table | payload
 * </pre>
 */
final class TestVhdx {

    static final int MIB = 1 << 20;
    static final long LOG = MIB;
    static final long METADATA = 2 * MIB;
    static final long TABLE = 3 * MIB;
    static final String DATA_WRITE_GUID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    static final String PARENT_GUID = "83ed62be-1234-4abc-9def-0123456789ab";
    static final String LOG_GUID = "11112222-3333-4444-5555-666677778888";
    static final String NO_GUID = "00000000-0000-0000-0000-000000000000";

    static final String BAT = "2dc27766-f623-4200-9d64-115e9bfd4a08";
    static final String META = "8b7ca206-4790-4b9a-b8fe-575f050f886e";
    static final String PARAMETERS = "caa16737-fa36-4d43-b3b6-33f0aa44e76b";
    static final String DISK_SIZE = "2fa54224-cd1b-4876-b211-5dbed83bf4b8";
    static final String PAGE_83 = "beca12ab-b2e6-4523-93ef-c309e000c746";
    static final String LOGICAL = "8141bf1d-a96f-4709-ba47-f233a8faab5f";
    static final String PHYSICAL = "cda348c7-445d-4471-9cc9-e9885251c556";
    static final String LOCATOR = "a8d35f2d-b30b-454d-abf7-d3d84834ab0c";
    static final String VHDX_LOCATOR = "b04aefb7-d19e-4a81-b789-25b8e9445913";

    final SparseFile file = new SparseFile();
    final long size;
    final long blockSize;
    final int sectorSize;
    final boolean child;
    private long itemCount;
    private long nextItem = 64 * 1024;
    private long end;

    /** Without a log; every block is "not present". */
    TestVhdx(long size, long blockSize, int sectorSize, boolean child) {
        this.size = size;
        this.blockSize = blockSize;
        this.sectorSize = sectorSize;
        this.child = child;
        file.put(0, "vhdxfile".getBytes(StandardCharsets.US_ASCII));
        header(64 * 1024, 6, DATA_WRITE_GUID, NO_GUID);
        header(128 * 1024, 7, DATA_WRITE_GUID, NO_GUID);
        long tableLength = (entry(blocks() + ratio()) * 8 / MIB + 1) * MIB;
        end = TABLE + tableLength;
        file.put(end - 1, (byte) 0);
        for (long position : new long[] {192 * 1024, 256 * 1024}) {
            regions(position, region(BAT, TABLE, tableLength, 1), region(META, METADATA, MIB, 1));
        }
        metadata();
    }

    private void metadata() {
        file.put(METADATA, "metadata".getBytes(StandardCharsets.US_ASCII));
        item(PARAMETERS, 4, le(8).putInt((int) blockSize).putInt(child ? 2 : 0));
        item(DISK_SIZE, 6, le(8).putLong(size));
        item(PAGE_83, 6, le(16).put(guid("99998888-7777-6666-5555-444433332222")));
        item(LOGICAL, 6, le(4).putInt(sectorSize));
        item(PHYSICAL, 6, le(4).putInt(4096));
        if (child) {
            Map<String, String> values = new LinkedHashMap<>();
            values.put("parent_linkage", "{" + PARENT_GUID.toUpperCase() + "}");
            values.put("absolute_win32_path", "\\\\?\\C:\\disks\\base.vhdx");
            values.put("relative_path", ".\\base.vhdx");
            values.put("volume_path", "\\\\?\\Volume{26a21bda-a627-11d7-9931-806e6f6e6963}\\disks\\base.vhdx");
            item(LOCATOR, 4, locator(VHDX_LOCATOR, values));
        }
    }

    /** Gives the locator of a child, its last item, other values. */
    void parent(String id, String relativePath) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("parent_linkage", "{" + id + "}");
        values.put("relative_path", relativePath);
        byte[] locator = locator(VHDX_LOCATOR, values).array();
        file.put(METADATA + 128 * 1024, locator);
        file.put(METADATA + 32 * itemCount + 16, le(8).putInt(128 * 1024).putInt(locator.length).array());
    }

    /** Gives the disk another size, and nothing else. */
    void diskSize(long newSize) {
        file.put(METADATA + 64 * 1024 + 8, le(8).putLong(newSize).array());
    }

    /** What children name it by. */
    void identify(String id) {
        header(64 * 1024, 6, id, NO_GUID);
        header(128 * 1024, 7, id, NO_GUID);
    }

    long blocks() {
        return (size + blockSize - 1) / blockSize;
    }

    long ratio() {
        return (1L << 23) * sectorSize / blockSize;
    }

    /** Index of the entry of a block. */
    long entry(long block) {
        return block + block / ratio();
    }

    static ByteBuffer le(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    static byte[] guid(String text) {
        String[] parts = text.split("-");
        ByteBuffer bytes = le(16);
        bytes.putInt((int) Long.parseLong(parts[0], 16));
        bytes.putShort((short) Integer.parseInt(parts[1], 16));
        bytes.putShort((short) Integer.parseInt(parts[2], 16));
        String rest = parts[3] + parts[4];
        for (int i = 0; i < 8; i++) {
            bytes.put((byte) Integer.parseInt(rest.substring(2 * i, 2 * i + 2), 16));
        }
        return bytes.array();
    }

    static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    /** Puts the checksum of a structure right. */
    void seal(long position, int length) {
        file.put(position + 4, new byte[4]);
        file.put(position + 4, le(4).putInt(crc(file.get(position, length))).array());
    }

    void header(long position, long sequence, String dataGuid, String logGuid) {
        ByteBuffer header = le(4096);
        header.put("head".getBytes(StandardCharsets.US_ASCII)).putInt(0).putLong(sequence);
        header.put(guid("deadbeef-0000-1111-2222-333344445555")).put(guid(dataGuid)).put(guid(logGuid));
        header.putShort((short) 0).putShort((short) 1).putInt(MIB).putLong(LOG);
        file.put(position, header.array());
        seal(position, 4096);
    }

    static byte[] region(String guid, long position, long length, int flags) {
        return le(32).put(guid(guid)).putLong(position).putInt((int) length).putInt(flags).array();
    }

    void regions(long position, byte[]... entries) {
        ByteBuffer table = le(64 * 1024);
        table.put("regi".getBytes(StandardCharsets.US_ASCII)).putInt(0).putInt(entries.length).putInt(0);
        for (byte[] entry : entries) {
            table.put(entry);
        }
        file.put(position, table.array());
        seal(position, 64 * 1024);
    }

    /** @return byte in the file where the item is */
    long item(String guid, int flags, ByteBuffer content) {
        byte[] bytes = content.array();
        file.put(METADATA + 32 + itemCount * 32,
                le(32).put(guid(guid)).putInt((int) nextItem).putInt(bytes.length).putInt(flags).array());
        long position = METADATA + nextItem;
        file.put(position, bytes);
        nextItem += bytes.length;
        itemCount++;
        file.put(METADATA + 10, le(2).putShort((short) itemCount).array());
        return position;
    }

    static ByteBuffer locator(String type, Map<String, String> values) {
        ByteBuffer item = le(64 * 1024);
        item.put(guid(type)).putShort((short) 0).putShort((short) values.size());
        int text = 20 + 12 * values.size();
        for (Map.Entry<String, String> entry : values.entrySet()) {
            byte[] key = entry.getKey().getBytes(StandardCharsets.UTF_16LE);
            byte[] value = entry.getValue().getBytes(StandardCharsets.UTF_16LE);
            item.putInt(text).putInt(text + key.length).putShort((short) key.length).putShort((short) value.length);
            System.arraycopy(key, 0, item.array(), text, key.length);
            System.arraycopy(value, 0, item.array(), text + key.length, value.length);
            text += key.length + value.length;
        }
        return ByteBuffer.wrap(java.util.Arrays.copyOf(item.array(), text));
    }

    /** Space at the end of the file, all zeros. */
    long allocate(long length) {
        long position = end;
        end += length;
        file.put(end - 1, (byte) 0);
        return position;
    }

    long entryPosition(long block) {
        return TABLE + entry(block) * 8;
    }

    long bitmapEntryPosition(long block) {
        return TABLE + ((block / ratio() + 1) * (ratio() + 1) - 1) * 8;
    }

    void state(long block, int state, long position) {
        file.put(entryPosition(block), le(8).putLong(position | state).array());
    }

    /** The block gets space. */
    long full(long block) {
        long position = allocate(blockSize);
        state(block, 6, position);
        return position;
    }

    /** The block gets space, its sectors are the parent's until {@link #own} says otherwise. */
    long partial(long block) {
        long position = allocate(blockSize);
        state(block, 7, position);
        if ((file.get(bitmapEntryPosition(block), 1)[0] & 7) == 0) {
            file.put(bitmapEntryPosition(block), le(8).putLong(allocate(MIB) | 6).array());
        }
        return position;
    }

    /** Says that a sector of a partial block is in this file. */
    void own(long block, long sectorInBlock) {
        long bitmap = ByteBuffer.wrap(file.get(bitmapEntryPosition(block), 8)).order(ByteOrder.LITTLE_ENDIAN).getLong()
                >>> 20 << 20;
        long bit = block % ratio() * (blockSize / sectorSize) + sectorInBlock;
        byte old = file.get(bitmap + bit / 8, 1)[0];
        file.put(bitmap + bit / 8, (byte) (old | 1 << bit % 8));
    }

    /** The current header says that the log has to be replayed. */
    void withLog() {
        header(64 * 1024, 8, DATA_WRITE_GUID, LOG_GUID);
    }
}
