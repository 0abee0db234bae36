package io.varve.daemon.overlay;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What tells whose data a data file holds: one sector behind the last page, a {@link Header} with the magic VRVODATA
 * and no fields, which is written once.
 *
 * <p>Design note: behind the pages and not before them, so that page i stays at i * 4096. Nothing else in the file says
 * whose it is, and two clients whose files were exchanged, by a restore or by hand, would read each other's disks. A
 * file without the sector, or with one that is damaged, is believed: all pages are there, and a client must not lose
 * its disk for a label.
 *
 * <p>Stateless.
 */
final class DataFile {

    private DataFile() {}

    /** Gives a new file its size. */
    static void create(BlockFile data, OverlayMeta meta) throws IOException {
        UnsafeBuffer label = Buffers.alignedDirect(Header.LENGTH);
        new Header(label, 0).begin(Header.DATA_MAGIC, meta.id()).seal();
        data.truncate(0);
        data.truncate(labelPosition(meta));
        data.write(labelPosition(meta), label, 0, Header.LENGTH);
    }

    /** @throws CorruptDataException if pages are missing, or the file is that of another overlay */
    static void require(BlockFile data, OverlayMeta meta) throws IOException {
        long position = labelPosition(meta);
        if (data.size() < position) {
            throw new CorruptDataException(data.name(), data.size(), "it ends there, the disk has " + meta.size()
                    + " bytes");
        }
        Header label = readLabel(data, position);
        if (label != null && label.isIntact(Header.DATA_MAGIC, data.name())) {
            label.require(meta.id(), Header.FIELDS_OFFSET, data.name(), position);
        }
    }

    /** Whether the label is there and whole, if the file has any. */
    static boolean isLabelWhole(BlockFile data, OverlayMeta meta) throws IOException {
        if (data.size() <= labelPosition(meta)) {
            return true;
        }
        Header label = readLabel(data, labelPosition(meta));
        return label != null && label.isIntact(Header.DATA_MAGIC, data.name());
    }

    /** Byte in the file; the end of the pages. */
    static long labelPosition(OverlayMeta meta) {
        return Pages.offset(meta.pageCount());
    }

    /** Null if there is none. */
    private static Header readLabel(BlockFile data, long position) throws IOException {
        if (data.size() < position + Header.LENGTH) {
            return null;
        }
        UnsafeBuffer label = Buffers.alignedDirect(Header.LENGTH);
        data.read(position, label, 0, Header.LENGTH);
        return new Header(label, 0);
    }
}
