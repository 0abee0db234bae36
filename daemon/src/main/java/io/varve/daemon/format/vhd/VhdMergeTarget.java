package io.varve.daemon.format.vhd;

import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.format.merge.Coverage;
import io.varve.daemon.format.merge.MergeTarget;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A VHD that is changed in place: footers, and the data of a fixed one. Blocks are for {@link MergedBlocks}.
 *
 * <p>Order at the begin, each step durable before the next: the file gets its length, and ends in zeros, so that the
 * copy of the footer at its start counts; that copy gets the new id; the footer appears at the end. The id of a fixed
 * disk is changed in its only footer, which is one sector.
 *
 * <p>Owned by the thread that merges.
 */
public final class VhdMergeTarget implements MergeTarget {

    private static final long FIXED_UNIT_LENGTH = 2 << 20;
    private static final String CONVERT = "convert it with 'qemu-img convert -O vpc' first";

    private final BlockFile file;
    private final long lengthBefore;
    private final VhdFooter footer;
    /** Null in a fixed disk. */
    private final MergedBlocks blocks;

    /**
     * @param file         open for writing; closed by {@link #close}, and by the caller if this fails
     * @param lengthBefore bytes of the file before the merge began
     */
    public VhdMergeTarget(BlockFile file, long lengthBefore) throws IOException {
        this.file = file;
        this.lengthBefore = lengthBefore;
        VhdOpener opener = new VhdOpener(file);
        opener.open();
        footer = opener.footer();
        if (footer.type() == VhdFooter.FIXED) {
            blocks = null;
            if (file.size() != lengthBefore || lengthBefore % VhdImage.SECTOR_LENGTH != 0) {
                throw new UnsupportedImageException(file.name(), "is a fixed VHD of " + file.size()
                        + " bytes, which are no whole sectors, or not those from which the merge began", CONVERT);
            }
        } else {
            requireCopy();
            blocks = new MergedBlocks(file, opener.layout(), lengthBefore);
        }
    }

    private void requireCopy() throws IOException {
        UnsafeBuffer bytes = Buffers.alignedDirect(VhdFooter.LENGTH);
        file.read(0, bytes, 0, VhdFooter.LENGTH);
        VhdFooter copy = new VhdFooter(bytes, 0);
        if (!VhdFooter.hasCookie(bytes, 0) || !copy.hasRightChecksum() || copy.type() != footer.type()) {
            throw new CorruptDataException(file.name(), 0,
                    "there is no sound copy of the footer, without which the file cannot be changed safely");
        }
    }

    @Override
    public long lengthLimit() {
        return blocks == null ? lengthBefore : blocks.lengthLimit();
    }

    @Override
    public long unitLength() {
        return blocks == null ? FIXED_UNIT_LENGTH : blocks.blockLength();
    }

    @Override
    public void plan(long unitIndex, Coverage coverage) throws IOException {
        if (blocks != null) {
            blocks.plan(unitIndex);
        }
    }

    @Override
    public void resumeHere() {
        if (blocks != null) {
            blocks.resumeHere();
        }
    }

    @Override
    public void begin(UUID newId) throws IOException {
        UnsafeBuffer bytes = Buffers.alignedDirect(VhdFooter.LENGTH);
        footer.copyTo(bytes);
        VhdFooter.putId(bytes, newId);
        long length = lengthBefore;
        if (blocks != null) {
            length = blocks.end() + VhdFooter.LENGTH;
            if (file.size() > length) {
                throw new CorruptDataException(file.name(), length, "it should have " + length
                        + " bytes when it is merged, but has " + file.size() + ": somebody else wrote to it");
            }
            file.truncate(length);
            file.sync();
            file.write(0, bytes, 0, VhdFooter.LENGTH);
            file.sync();
        }
        file.write(length - VhdFooter.LENGTH, bytes, 0, VhdFooter.LENGTH);
        file.sync();
    }

    @Override
    public void enter(long unitIndex, Coverage coverage) throws IOException {
        if (blocks != null) {
            blocks.enter(unitIndex);
        }
    }

    @Override
    public void write(long offset, DirectBuffer source, int index, int length) throws IOException {
        long position = blocks == null ? offset : blocks.mark(offset, length);
        file.write(position, source, index, length);
    }

    @Override
    public void zero(long offset, long length) throws IOException {
        file.zeroRange(blocks == null ? offset : blocks.mark(offset, length), length);
    }

    @Override
    public void leave() throws IOException {
        if (blocks != null) {
            blocks.leave();
        }
    }

    @Override
    public void flush() throws IOException {
        file.sync();
        if (blocks != null && blocks.publish()) {
            file.sync();
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
