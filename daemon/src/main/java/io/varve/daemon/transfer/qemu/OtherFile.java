package io.varve.daemon.transfer.qemu;

import io.varve.daemon.format.OtherFormat;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What QEMU is to read.
 *
 * <p>Immutable.
 *
 * @param path        of the file
 * @param format      of the file
 * @param said        whether a person told the format, and it is not only what the file looks like
 * @param directories below which other files may lie that it names, beside its own directory
 */
public record OtherFile(Path path, OtherFormat format, boolean said, List<Path> directories) {

    /** Capacity of a VMDK extent, in sectors; 0 where the header only leads to a descriptor. */
    private static final int VMDK_CAPACITY = 12;
    private static final int QED_FEATURES = 16;
    private static final long QED_HAS_BACKING_FILE = 1;
    private static final int QCOW_BACKING_POSITION = 8;
    private static final int LOOKED_AT = 64;

    public OtherFile {
        directories = List.copyOf(directories);
    }

    /**
     * Refuses what is known beforehand to lead QEMU to files that nobody has allowed.
     *
     * @param file open
     */
    void requireAlone(BlockFile file) throws IOException {
        UnsafeBuffer header = Buffers.alignedDirect(LOOKED_AT);
        file.read(0, header, 0, (int) Math.min(LOOKED_AT, file.size()));
        boolean backed = switch (format) {
            case QED -> (header.getLong(QED_FEATURES, ByteOrder.LITTLE_ENDIAN) & QED_HAS_BACKING_FILE) != 0;
            case QCOW -> header.getLong(QCOW_BACKING_POSITION, ByteOrder.BIG_ENDIAN) != 0;
            default -> false;
        };
        if (backed) {
            // QEMU would take it for what it looks like, and a raw one can look like anything.
            throw new QemuException(path + " is " + format.description() + " with a backing file, which is not "
                    + "followed: merge them with 'qemu-img convert -f " + format.driver() + " -O qcow2', if you know "
                    + "what the backing file is");
        }
        boolean text = format == OtherFormat.VMDK_TEXT
                || format == OtherFormat.VMDK && header.getLong(VMDK_CAPACITY, ByteOrder.LITTLE_ENDIAN) == 0;
        if (text && !said) {
            throw new QemuException(path + " looks like a VMDK image that consists of other files, which the content "
                    + "of a raw disk can look like too: say --format vmdk if it is one, --format raw if it is a disk");
        }
    }
}
