package io.varve.daemon.format.vhdx;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes an entry of a log, as [MS-VHDX] section 2.3 says. Shares nothing with the product. */
final class TestLog {

    private static final int SECTOR = 4096;

    private final long sequence;
    private final List<byte[]> descriptors = new ArrayList<>();
    private final List<byte[]> sectors = new ArrayList<>();
    private String guid = TestVhdx.LOG_GUID;
    private long flushed;
    private long last;

    TestLog(long sequence) {
        this.sequence = sequence;
    }

    TestLog guid(String newGuid) {
        guid = newGuid;
        return this;
    }

    TestLog lengths(long flushedLength, long lastLength) {
        flushed = flushedLength;
        last = lastLength;
        return this;
    }

    TestLog zero(long position, long length) {
        descriptors.add(TestVhdx.le(32).put("zero".getBytes(StandardCharsets.US_ASCII)).putInt(0).putLong(length)
                .putLong(position).putLong(sequence).array());
        return this;
    }

    /** @param content 4096 bytes */
    TestLog data(long position, byte[] content) {
        descriptors.add(TestVhdx.le(32).put("desc".getBytes(StandardCharsets.US_ASCII)).put(content, 4092, 4)
                .put(content, 0, 8).putLong(position).putLong(sequence).array());
        sectors.add(TestVhdx.le(SECTOR).put("data".getBytes(StandardCharsets.US_ASCII)).putInt((int) (sequence >>> 32))
                .put(content, 8, 4084).putInt((int) sequence).array());
        return this;
    }

    int length() {
        int head = (64 + 32 * descriptors.size() + SECTOR - 1) / SECTOR * SECTOR;
        return head + SECTOR * sectors.size();
    }

    /**
     * @param offset in the log, whose length is 1 MiB; the entry goes around its end
     * @param tail   in the log: with which entry replaying begins
     * @return offset of what follows
     */
    long write(TestVhdx image, long offset, long tail) {
        ByteBuffer entry = TestVhdx.le(length());
        entry.put("loge".getBytes(StandardCharsets.US_ASCII)).putInt(0).putInt(length()).putInt((int) tail);
        entry.putLong(sequence).putInt(descriptors.size()).putInt(0).put(TestVhdx.guid(guid));
        entry.putLong(flushed).putLong(last);
        descriptors.forEach(entry::put);
        entry.position(length() - SECTOR * sectors.size());
        sectors.forEach(entry::put);
        entry.putInt(4, TestVhdx.crc(entry.array()));
        for (int at = 0; at < length(); at += SECTOR) {
            image.file.put(TestVhdx.LOG + (offset + at) % TestVhdx.MIB,
                    Arrays.copyOfRange(entry.array(), at, at + SECTOR));
        }
        return (offset + length()) % TestVhdx.MIB;
    }
}
