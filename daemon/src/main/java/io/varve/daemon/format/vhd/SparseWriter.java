package io.varve.daemon.format.vhd;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes a dynamic or differencing VHD: blocks in the order of the disk, their bitmaps exact; then the table and the
 * header.
 *
 * <p>Design note: the data of a block starts at a whole page of the file, 3584 bytes further than it must, so that the
 * pages of the disk are pages of the file for who serves it.
 *
 * <p>Owned by the thread that writes the file.
 */
final class SparseWriter extends VhdWriter {

    static final int BLOCK_LENGTH = 2 << 20;
    private static final int BITMAP_LENGTH = 512;
    private static final int STRIDE = BLOCK_LENGTH + Pages.PAGE_SIZE;
    private static final int NONE = -1;

    private final HeaderEncoder header;
    private final boolean differencing;
    private final int entryCount;
    /** The whole table: 4 MiB at most. */
    private final UnsafeBuffer table;
    private final UnsafeBuffer bitmap = Buffers.alignedDirect(BITMAP_LENGTH);
    private int block = NONE;
    private long blockPosition;
    private long nextBlockPosition;

    /** @param parentOrNull null makes a dynamic disk */
    SparseWriter(BlockFile file, long size, UUID id, long time, VhdParent parentOrNull) {
        super(file, size, parentOrNull == null ? VhdFooter.DYNAMIC : VhdFooter.DIFFERENCING, id, time);
        differencing = parentOrNull != null;
        header = new HeaderEncoder(parentOrNull);
        entryCount = (int) ((size + BLOCK_LENGTH - 1) / BLOCK_LENGTH);
        int tableLength = (int) roundUp(entryCount * (long) Integer.BYTES, VhdImage.SECTOR_LENGTH);
        table = Buffers.alignedDirect(tableLength);
        table.setMemory(0, tableLength, (byte) 0xFF);
        nextBlockPosition =
                roundUp(header.tablePosition() + tableLength + BITMAP_LENGTH, Pages.PAGE_SIZE) - BITMAP_LENGTH;
    }

    private static long roundUp(long length, int unit) {
        return (length + unit - 1) / unit * unit;
    }

    @Override
    void put(long offset, DirectBuffer source, int index, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int count = enter(offset + done, length - done);
            long inBlock = (offset + done) % BLOCK_LENGTH;
            file.write(blockPosition + BITMAP_LENGTH + inBlock, source, index + done, count);
            done += count;
        }
    }

    /** In a block of its own a zero is a hole of the file that the bitmap calls data. */
    @Override
    void putZeros(long offset, long length) throws IOException {
        if (!differencing) {
            return;
        }
        long done = 0;
        while (done < length) {
            done += enter(offset + done, length - done);
        }
    }

    /** Makes the block of a byte the current one and sets the bits of a range, as far as it lies there. */
    private int enter(long offset, long maxLength) throws IOException {
        int wanted = (int) (offset / BLOCK_LENGTH);
        if (wanted != block) {
            if (wanted < block) {
                throw new IllegalArgumentException("byte " + offset + " comes after a later block");
            }
            leaveBlock();
            block = wanted;
            blockPosition = nextBlockPosition;
            nextBlockPosition += STRIDE;
            table.putInt(wanted * Integer.BYTES, (int) (blockPosition / VhdImage.SECTOR_LENGTH), BIG_ENDIAN);
        }
        int inBlock = (int) (offset % BLOCK_LENGTH);
        int length = (int) Math.min(maxLength, BLOCK_LENGTH - inBlock);
        int endSector = (inBlock + length) / VhdImage.SECTOR_LENGTH;
        for (int sector = inBlock / VhdImage.SECTOR_LENGTH; sector < endSector; sector++) {
            int at = sector / Byte.SIZE;
            bitmap.putByte(at, (byte) (bitmap.getByte(at) | 0x80 >> sector % Byte.SIZE));
        }
        return length;
    }

    private void leaveBlock() throws IOException {
        if (block != NONE) {
            file.write(blockPosition, bitmap, 0, BITMAP_LENGTH);
            bitmap.setMemory(0, BITMAP_LENGTH, (byte) 0);
        }
    }

    @Override
    long finishData() throws IOException {
        leaveBlock();
        file.write(header.tablePosition(), table, 0, table.capacity());
        UnsafeBuffer encoded = header.encode(entryCount, BLOCK_LENGTH);
        file.write(VhdFooter.LENGTH, encoded, 0, encoded.capacity());
        return block == NONE
                ? header.tablePosition() + table.capacity()
                : blockPosition + BITMAP_LENGTH + BLOCK_LENGTH;
    }

    @Override
    void finishFooters(long footerPosition, DirectBuffer footerBytes) throws IOException {
        file.write(footerPosition, footerBytes, 0, VhdFooter.LENGTH);
        file.write(0, footerBytes, 0, VhdFooter.LENGTH);
    }
}
