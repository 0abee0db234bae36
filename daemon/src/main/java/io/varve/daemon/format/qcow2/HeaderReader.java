package io.varve.daemon.format.qcow2;

import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.format.qcow2.Qcow2Layout.Compression;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads and checks what comes before the tables.
 *
 * <p>Owned by who opens the file.
 */
final class HeaderReader {

    private static final int MIN_CLUSTER_BITS = 9;
    private static final int MAX_CLUSTER_BITS = 21;
    /** So that each of 32 subclusters has 512 bytes. */
    private static final int MIN_EXTENDED_CLUSTER_BITS = 14;
    private static final int MAX_REFCOUNT_ORDER = 6;
    private static final long KNOWN_FEATURES = Qcow2Header.DIRTY | Qcow2Header.CORRUPT | Qcow2Header.EXTERNAL_DATA
            | Qcow2Header.COMPRESSION | Qcow2Header.EXTENDED_ENTRIES;
    private static final String CONVERT = "convert it with qemu-img convert -O qcow2, which needs its key";

    private final BlockFile file;
    private final long end;
    private final UnsafeBuffer area;
    private final Qcow2Header header;

    /**
     * @param end bytes of the file
     * @throws CorruptDataException if there is no room for a header
     */
    HeaderReader(BlockFile file, long end) throws IOException {
        this.file = file;
        this.end = end;
        if (end < Qcow2Header.VERSION_2_LENGTH) {
            throw corrupt(0, "no qcow2 image has only " + end + " bytes");
        }
        area = Buffers.alignedDirect((int) Math.min(end, HeaderExtensions.MAX_LENGTH));
        file.read(0, area, 0, area.capacity());
        header = new Qcow2Header(area);
    }

    Qcow2Layout layout() throws IOException {
        checkVersion();
        int clusterBits = clusterBits();
        checkLength(clusterBits);
        checkFeatures(clusterBits);
        checkEncryption();
        boolean extended = (header.incompatible() & Qcow2Header.EXTENDED_ENTRIES) != 0;
        if (extended && clusterBits < MIN_EXTENDED_CLUSTER_BITS) {
            throw corrupt(Qcow2Header.CLUSTER_BITS_OFFSET, "extended entries need clusters of 16 KiB or more");
        }
        if (Integer.compareUnsigned(header.refcountOrder(), MAX_REFCOUNT_ORDER) > 0) {
            throw corrupt(Qcow2Header.REFCOUNT_ORDER_OFFSET, "reference counts of more than 64 bits");
        }
        Qcow2Layout layout = new Qcow2Layout(
                header.version(), clusterBits, size(), header.l1Position(), extended, compression());
        checkFirstTable(layout);
        return layout;
    }

    /** @param layout of {@link #layout}, which has checked the header */
    Optional<ParentLink> parent(Qcow2Layout layout) throws IOException {
        HeaderExtensions extensions = new HeaderExtensions(file.name(), header, area, layout.clusterLength());
        extensions.walk();
        return new BackingName(file, end, header).read(layout.clusterLength(), extensions.backingFormat());
    }

    private void checkVersion() throws IOException {
        if (header.magic() != Qcow2Header.MAGIC) {
            throw corrupt(0, "this is no qcow2 image, its first bytes are others");
        }
        if (header.version() != 2 && header.version() != 3) {
            throw unsupported("is qcow version " + Integer.toUnsignedString(header.version()),
                    "versions 2 and 3 are read; write it anew with qemu-img convert -O qcow2");
        }
    }

    private int clusterBits() throws IOException {
        long bits = header.clusterBits();
        if (bits < MIN_CLUSTER_BITS || bits >= Integer.SIZE) {
            throw corrupt(Qcow2Header.CLUSTER_BITS_OFFSET, "clusters of 2^" + bits + " bytes");
        }
        if (bits > MAX_CLUSTER_BITS) {
            throw unsupported("has clusters of 2^" + bits + " bytes", "write it anew with clusters of at most 2 MiB");
        }
        return (int) bits;
    }

    private void checkLength(int clusterBits) throws IOException {
        if (header.version() == 2) {
            return;
        }
        if (end < Qcow2Header.VERSION_3_LENGTH) {
            throw corrupt(end, "the file ends inside the header");
        }
        long length = header.length();
        if (length < Qcow2Header.VERSION_3_LENGTH || (length & 7) != 0 || length > 1L << clusterBits) {
            throw corrupt(Qcow2Header.LENGTH_OFFSET, "a header of " + length + " bytes");
        }
        if (length > end) {
            throw corrupt(end, "the file ends inside the header");
        }
    }

    /**
     * The dirty bit is fine: it says that reference counts may be behind, which only matter to who allocates. Writers
     * set it before they put clusters into the tables without counting them.
     */
    private void checkFeatures(int clusterBits) throws IOException {
        long features = header.incompatible();
        long unknown = features & ~KNOWN_FEATURES;
        if (unknown != 0) {
            HeaderExtensions extensions = new HeaderExtensions(file.name(), header, area, 1 << clusterBits);
            throw unsupported("uses " + extensions.namesOf(unknown),
                    "open it with the program that wrote it, and write it anew without that");
        }
        if ((features & Qcow2Header.CORRUPT) != 0) {
            throw unsupported("is marked corrupt by the program that wrote it",
                    "repair it with qemu-img check -r all, and see what is lost");
        }
        if ((features & Qcow2Header.EXTERNAL_DATA) != 0) {
            throw unsupported("keeps its data in an external file",
                    "put both into one with qemu-img convert -O qcow2");
        }
    }

    private void checkEncryption() throws IOException {
        switch (header.encryption()) {
            case 0 -> { }
            case 1 -> throw unsupported("is encrypted (AES)", CONVERT);
            case 2 -> throw unsupported("is encrypted (LUKS)", CONVERT);
            default -> throw unsupported(
                    "is encrypted (method " + Integer.toUnsignedString(header.encryption()) + ")", CONVERT);
        }
    }

    private Compression compression() throws IOException {
        boolean other = (header.incompatible() & Qcow2Header.COMPRESSION) != 0;
        int type = header.compression();
        if (other != (type != 0)) {
            throw corrupt(Qcow2Header.COMPRESSION_OFFSET, "compression " + type + ", and the feature bit says "
                    + (other ? "that it is not deflate" : "deflate"));
        }
        return switch (type) {
            case 0 -> Compression.DEFLATE;
            case 1 -> Compression.ZSTD;
            default -> throw unsupported("is compressed in way " + type,
                    "deflate and zstd are read; write it anew with qemu-img convert -O qcow2");
        };
    }

    private long size() throws IOException {
        long size = header.size();
        if (size == 0) {
            throw unsupported("holds a disk of 0 bytes", "there is nothing to read");
        }
        if (size < 0) {
            throw corrupt(Qcow2Header.SIZE_OFFSET, "a disk of " + Long.toUnsignedString(size) + " bytes");
        }
        return size;
    }

    private void checkFirstTable(Qcow2Layout layout) throws IOException {
        long position = layout.l1Position();
        if (position <= 0 || (position & layout.clusterLength() - 1) != 0) {
            throw corrupt(Qcow2Header.L1_POSITION_OFFSET,
                    "a table at " + Long.toUnsignedString(position) + ", where no cluster begins, or the header is");
        }
        long needed = layout.tableCount();
        if (header.l1Count() < needed) {
            throw corrupt(Qcow2Header.L1_COUNT_OFFSET,
                    header.l1Count() + " entries for a disk that needs " + needed);
        }
        if (position > end || needed > end - position >>> 3) {
            throw corrupt(Qcow2Header.L1_POSITION_OFFSET,
                    needed + " entries at " + position + ", but the file ends at " + end);
        }
    }

    private CorruptDataException corrupt(long position, String what) {
        return new CorruptDataException(file.name(), position, what);
    }

    private UnsupportedImageException unsupported(String what, String remedy) {
        return new UnsupportedImageException(file.name(), what, remedy);
    }
}
