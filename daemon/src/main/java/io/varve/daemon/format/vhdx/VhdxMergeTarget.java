package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.format.merge.Coverage;
import io.varve.daemon.format.merge.MergeTarget;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.UUID;
import org.agrona.DirectBuffer;

/**
 * A VHDX that is changed in place, without its log: each step can be repeated, and entries of the block table lie in
 * one sector each. Blocks are for {@link MergedBlocks}, headers for {@link HeaderUpdate}.
 *
 * <p>Owned by the thread that merges.
 */
public final class VhdxMergeTarget implements MergeTarget {

    private final BlockFile file;
    private final Geometry geometry;
    private final MergedBlocks blocks;

    /**
     * @param file         a sound VHDX, open for writing; closed by {@link #close}, and by the caller if this fails
     * @param lengthBefore bytes of the file before the merge began
     * @throws UnsupportedImageException if its log has to be replayed
     */
    public VhdxMergeTarget(BlockFile file, long lengthBefore) throws IOException {
        this.file = file;
        if (!Header.current(file).logGuid().equals(Guids.NONE)) {
            throw new UnsupportedImageException(file.name(), "has a log to be replayed before it can be changed",
                    "open it once with the program that wrote it; without a parent, 'qemu-img check -r all' does too");
        }
        RegionTable regions = RegionTable.read(file);
        geometry = Geometry.read(file, new Metadata(file, regions.metadata()));
        blocks = new MergedBlocks(file, geometry, regions.blockTable().position(), lengthBefore);
    }

    @Override
    public long lengthLimit() {
        return blocks.lengthLimit();
    }

    @Override
    public long unitLength() {
        return geometry.blockSize();
    }

    @Override
    public void plan(long unitIndex, Coverage coverage) throws IOException {
        blocks.plan(unitIndex, coverage);
    }

    @Override
    public void resumeHere() {
        blocks.resumeHere();
    }

    @Override
    public void begin(UUID newId) throws IOException {
        if (file.size() > blocks.end()) {
            throw new CorruptDataException(file.name(), blocks.end(), "it should have " + blocks.end()
                    + " bytes when it is merged, but has " + file.size() + ": somebody else wrote to it");
        }
        file.truncate(blocks.end());
        file.sync();
        new HeaderUpdate(file).putId(newId);
    }

    @Override
    public void enter(long unitIndex, Coverage coverage) throws IOException {
        blocks.enter(unitIndex, coverage);
    }

    @Override
    public void write(long offset, DirectBuffer source, int index, int length) throws IOException {
        file.write(blocks.mark(offset, length), source, index, length);
    }

    @Override
    public void zero(long offset, long length) throws IOException {
        if (blocks.hasPlace()) {
            file.zeroRange(blocks.mark(offset, length), length);
        }
    }

    @Override
    public void leave() throws IOException {
        blocks.leave();
    }

    @Override
    public void flush() throws IOException {
        file.sync();
        if (blocks.publishBitmaps()) {
            file.sync();
        }
        if (blocks.publish()) {
            file.sync();
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
