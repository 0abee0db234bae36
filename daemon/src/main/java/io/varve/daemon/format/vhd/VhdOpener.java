package io.varve.daemon.format.vhd;

import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Finds and judges the footer, the header and the parent's locators: at most three reads, and one for each locator.
 *
 * <p>Owned by the thread that opens the file.
 */
final class VhdOpener {

    private static final int MAX_BLOCK_SHIFT = 31;
    private static final String CONVERT = "convert it to a current VHD with the program that made it";

    private final BlockFile file;
    private final long fileSize;
    private final UnsafeBuffer tail = Buffers.alignedDirect(VhdFooter.LENGTH);
    private final UnsafeBuffer head = Buffers.alignedDirect(VhdFooter.LENGTH);

    private VhdFooter footer;
    private long footerPosition;
    /** Byte in the file behind the last one that data may use. */
    private long dataEnd;
    private VhdHeader header;

    VhdOpener(BlockFile file) throws IOException {
        this.file = file;
        this.fileSize = file.size();
    }

    /** Takes the footer at the end; if that is missing or broken, its copy at the start. */
    void open() throws IOException {
        if (fileSize < VhdFooter.LENGTH) {
            throw new CorruptDataException(file.name(), 0,
                    "it has " + fileSize + " bytes, too few for the footer of a VHD");
        }
        file.read(0, head, 0, VhdFooter.LENGTH);
        VhdFooter copy = new VhdFooter(head, 0);
        boolean hasCopy = VhdFooter.hasCookie(head, 0) && copy.hasRightChecksum();
        if (findAtEnd()) {
            if (footer.type() != VhdFooter.FIXED && hasCopy) {
                requireSame(copy);
            }
        } else if (hasCopy && copy.type() != VhdFooter.FIXED) {
            footer = copy;
            footerPosition = 0;
            dataEnd = fileSize;
        } else {
            throw noFooter();
        }
        judgeFooter();
        if (footer.type() != VhdFooter.FIXED) {
            readHeader();
        }
    }

    private boolean findAtEnd() throws IOException {
        file.read(fileSize - VhdFooter.LENGTH, tail, 0, VhdFooter.LENGTH);
        footerPosition = fileSize - VhdFooter.LENGTH;
        if (!VhdFooter.hasCookie(tail, 0) && VhdFooter.hasCookie(tail, 1)) {
            tail.putBytes(0, tail, 1, VhdFooter.OLD_LENGTH);
            tail.putByte(VhdFooter.OLD_LENGTH, (byte) 0);
            footerPosition++;
        }
        footer = new VhdFooter(tail, 0);
        dataEnd = footerPosition;
        return VhdFooter.hasCookie(tail, 0) && footer.hasRightChecksum();
    }

    /**
     * A dynamic file that lost its footer may end in a sector that a guest wrote: what looks like a footer there could
     * name any file as the parent. Only the copy, which no guest can write, tells them apart.
     */
    private void requireSame(VhdFooter copy) throws CorruptDataException {
        if (copy.type() != footer.type() || !copy.id().equals(footer.id())
                || copy.headerPosition() != footer.headerPosition()) {
            throw new CorruptDataException(file.name(), footerPosition,
                    "the footer is of another disk than its copy at the start of the file");
        }
    }

    private CorruptDataException noFooter() {
        if (VhdFooter.hasCookie(tail, 0)) {
            return new CorruptDataException(file.name(), footerPosition + VhdFooter.CHECKSUM_AT,
                    "the checksum of the footer is wrong, and there is no sound copy of it at the start of the file");
        }
        return new CorruptDataException(file.name(), footerPosition,
                "there is no footer of a VHD at its end, and no copy of one at its start");
    }

    private void judgeFooter() throws IOException {
        requireVersion(footer.version(), VhdFooter.VERSION);
        int type = footer.type();
        if (type < VhdFooter.FIXED || type > VhdFooter.DIFFERENCING) {
            throw new UnsupportedImageException(file.name(),
                    "is a VHD of the unknown type " + Integer.toUnsignedString(type), CONVERT);
        }
        long size = footer.size();
        if (size <= 0 || size % VhdImage.SECTOR_LENGTH != 0) {
            throw new CorruptDataException(file.name(), footerPosition + VhdFooter.CURRENT_SIZE_AT,
                    "the size of the disk should be a positive multiple of 512, not " + Long.toUnsignedString(size));
        }
        if (type == VhdFooter.FIXED && size > dataEnd) {
            throw new CorruptDataException(file.name(), footerPosition + VhdFooter.CURRENT_SIZE_AT,
                    "the disk should have " + size + " bytes, but only " + dataEnd + " come before the footer");
        }
    }

    private void requireVersion(int version, int ours) throws UnsupportedImageException {
        if (version >>> 16 != ours >>> 16) {
            throw new UnsupportedImageException(file.name(), "is a VHD of version " + (version >>> 16) + "."
                    + (version & 0xFFFF) + ", and only 1 is known", CONVERT);
        }
    }

    private void readHeader() throws IOException {
        long position = footer.headerPosition();
        if (position < 0 || position > dataEnd - VhdHeader.LENGTH) {
            throw new CorruptDataException(file.name(), footerPosition + VhdFooter.HEADER_POSITION_AT,
                    "the header should be at " + Long.toUnsignedString(position) + ", but the file ends at " + dataEnd);
        }
        UnsafeBuffer bytes = Buffers.alignedDirect(VhdHeader.LENGTH);
        file.read(position, bytes, 0, VhdHeader.LENGTH);
        header = new VhdHeader(bytes);
        if (!header.hasCookie()) {
            throw damagedHeader(VhdHeader.COOKIE_AT, "there is no header of a VHD");
        }
        if (!header.hasRightChecksum()) {
            throw damagedHeader(VhdHeader.CHECKSUM_AT, "the checksum of the header is wrong");
        }
        requireVersion(header.version(), VhdHeader.VERSION);
        long blockLength = header.blockLength();
        if (Long.bitCount(blockLength) != 1 || blockLength < VhdImage.SECTOR_LENGTH
                || blockLength > 1L << MAX_BLOCK_SHIFT) {
            throw damagedHeader(VhdHeader.BLOCK_LENGTH_AT,
                    "the size of a block should be a power of two from 512 to 2^31, not " + blockLength);
        }
        long tablePosition = header.tablePosition();
        long tableLength = header.entryCount() * Integer.BYTES;
        if (tablePosition < 0 || tablePosition % Integer.BYTES != 0 || tablePosition > dataEnd - tableLength) {
            throw damagedHeader(VhdHeader.TABLE_POSITION_AT, "a block table of " + tableLength
                    + " bytes cannot be at " + Long.toUnsignedString(tablePosition) + ", the file ends at " + dataEnd);
        }
        if (header.entryCount() * blockLength < footer.size()) {
            throw damagedHeader(VhdHeader.ENTRY_COUNT_AT, header.entryCount() + " blocks of " + blockLength
                    + " bytes do not cover a disk of " + footer.size());
        }
    }

    private CorruptDataException damagedHeader(int fieldAt, String what) {
        return new CorruptDataException(file.name(), footer.headerPosition() + fieldAt, what);
    }

    VhdFooter footer() {
        return footer;
    }

    /** Null in fixed disks. */
    VhdHeader header() {
        return header;
    }

    VhdLayout layout() {
        return new VhdLayout(footer.size(), header.blockLength(), header.tablePosition(), header.entryCount(),
                footer.headerPosition(), dataEnd, footer.type() == VhdFooter.DIFFERENCING);
    }

    ParentLink parent() throws IOException {
        return new ParentLocators(file, header, footer.headerPosition(), dataEnd).read(footer.time());
    }
}
