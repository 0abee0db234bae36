package io.varve.daemon.format.merge;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.vhd.VhdMergeTarget;
import io.varve.daemon.format.vhdx.VhdxImage;
import io.varve.daemon.format.vhdx.VhdxMergeTarget;
import io.varve.daemon.io.BlockFile;
import java.io.IOException;

/**
 * Knows every format that is merged in place.
 *
 * <p>Thread-safe because it has no state.
 */
final class MergeTargets {

    private MergeTargets() {}

    /**
     * @param file         open for writing; closed by the target, and by the caller if this fails
     * @param lengthBefore bytes of the file before the merge began
     */
    static MergeTarget open(BlockFile file, ImageFormat format, long lengthBefore) throws IOException {
        return switch (format) {
            case VHD -> new VhdMergeTarget(file, lengthBefore);
            case VHDX -> new VhdxMergeTarget(file, lengthBefore);
            case RAW, QCOW2 -> throw new IllegalArgumentException(file.name() + " is of the format " + format);
        };
    }

    /** @throws MergeException if the child changes at finer steps than the parent can */
    static void requireAlike(ForeignImage child, ForeignImage parent) throws MergeException {
        if (child instanceof VhdxImage top && parent instanceof VhdxImage below
                && top.sectorSize() != below.sectorSize()) {
            throw new MergeException(child.name() + " has sectors of " + top.sectorSize() + " bytes, and "
                    + parent.name() + " of " + below.sectorSize() + ": import " + child.name()
                    + " with 'varve import' and write it with 'varve export'");
        }
    }
}
