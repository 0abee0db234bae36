package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A dirty bitmap in the directory of its overlay, in the file {@code bitmap-NAME}:
 *
 * <pre>
 *    0  {@link Header}, magic VRVOBMAP; 12: flags, u32: bit 0 not exact, bit 1 everything is dirty
 *       32: owner epoch that closed the overlay after the bits were stored, u64; all ones while it was in use
 *       40: started, u64, milliseconds since the epoch
 *       48: size of the disk, u64, bytes
 *       56: bytes of bits, u32: 0 if none is set, or everything is dirty
 *       60: CRC32C of the bits, u32
 *       64: shift of the granularity, u32: 16
 *       68: bytes of the name, u32; 72: the name, ASCII, so that two files that were exchanged are not believed
 * 4096  bits in words, u64 each: granule i is bit i % 64 of word i / 64
 * </pre>
 *
 * The file is never changed but replaced as a whole.
 *
 * <p>Immutable.
 */
final class BitmapFile {

    static final String PREFIX = "bitmap-";
    /** Of an overlay that is, or was, in use: no owner closed it since. */
    static final long OPEN = -1;

    private static final String UNFINISHED_PREFIX = "new-";
    private static final int NOT_EXACT = 1;
    private static final int EVERYTHING = 2;
    private static final int STAMP_OFFSET = 32;
    private static final int CREATED_OFFSET = 40;
    private static final int SIZE_OFFSET = 48;
    private static final int BITS_LENGTH_OFFSET = 56;
    private static final int BITS_CRC_OFFSET = 60;
    private static final int GRANULARITY_OFFSET = 64;
    private static final int NAME_LENGTH_OFFSET = 68;
    private static final int NAME_OFFSET = 72;
    private static final int FIELDS_LENGTH = NAME_OFFSET + Bitmaps.MAX_NAME_LENGTH;
    private static final int BITS_POSITION = 4096;

    private BitmapFile() {}

    /** @param stamp owner epoch that closed the overlay, or {@link #OPEN} */
    record Content(DirtyBitmap bitmap, long stamp) {}

    static Path path(Path directory, String name) {
        return directory.resolve(PREFIX + name);
    }

    /** Of all bitmaps in a directory, sorted; not more than an overlay may have. */
    static List<String> names(FileSpace files, Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        for (Path file : files.list(directory)) {
            String name = file.getFileName().toString();
            if (name.startsWith(PREFIX) && Bitmaps.isName(name.substring(PREFIX.length()))) {
                names.add(name.substring(PREFIX.length()));
            }
        }
        names.sort(null);
        return names.subList(0, Math.min(names.size(), Bitmaps.MAX_COUNT));
    }

    /**
     * Durable at return; before, the old file or none.
     *
     * @param bitmap is not changed meanwhile
     */
    static void write(FileSpace files, Path directory, UUID overlay, DirtyBitmap bitmap, long stamp)
            throws IOException {
        boolean none = bitmap.bits() == null || bitmap.isClean();
        write(files, directory, overlay, new Content(bitmap, stamp), none ? null : bitmap.bits());
    }

    /** The same, as it was when nothing was dirty yet: bits may be set meanwhile. */
    static void writeClean(FileSpace files, Path directory, UUID overlay, DirtyBitmap bitmap) throws IOException {
        write(files, directory, overlay, new Content(bitmap, OPEN), null);
    }

    private static void write(FileSpace files, Path directory, UUID overlay, Content content, UnsafeBuffer bitsOrNull)
            throws IOException {
        DirtyBitmap bitmap = content.bitmap();
        Path path = path(directory, bitmap.name());
        Path fresh = directory.resolve(UNFINISHED_PREFIX + path.getFileName());
        UnsafeBuffer head = Buffers.alignedDirect(BITS_POSITION);
        int length = bitsOrNull == null ? 0 : bitsOrNull.capacity();
        Header header = new Header(head, 0).begin(Header.BITMAP_MAGIC, overlay)
                .putInt(Header.AUX_OFFSET,
                        (bitmap.isExact() ? 0 : NOT_EXACT) | (bitmap.bits() == null ? EVERYTHING : 0))
                .putLong(STAMP_OFFSET, content.stamp())
                .putLong(CREATED_OFFSET, bitmap.createdMs())
                .putLong(SIZE_OFFSET, bitmap.size())
                .putInt(BITS_LENGTH_OFFSET, length)
                .putInt(BITS_CRC_OFFSET, bitsOrNull == null ? 0 : Crc32c.of(bitsOrNull, 0, length))
                .putInt(GRANULARITY_OFFSET, DirtyBitmap.GRANULARITY_SHIFT)
                .putInt(NAME_LENGTH_OFFSET, bitmap.name().length());
        head.putBytes(NAME_OFFSET, bitmap.name().getBytes(StandardCharsets.US_ASCII));
        header.seal();
        files.delete(fresh);
        try (BlockFile file = files.open(fresh, OpenMode.CREATE_NEW)) {
            file.write(0, head, 0, BITS_POSITION);
            if (length > 0) {
                file.write(BITS_POSITION, bitsOrNull, 0, length);
            }
            file.sync();
        } catch (IOException e) {
            deleteQuietly(files, fresh, e);
            throw e;
        }
        files.rename(fresh, path);
        files.syncDirectory(directory);
    }

    private static void deleteQuietly(FileSpace files, Path file, IOException cause) {
        try {
            files.delete(file);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /** Durable at return. */
    static void delete(FileSpace files, Path directory, String name) throws IOException {
        files.delete(path(directory, name));
        files.syncDirectory(directory);
    }

    /**
     * @param meta of the overlay in that directory
     * @throws CorruptDataException if it is damaged, or of another overlay
     * @throws io.varve.daemon.io.FormatVersionException if a newer build wrote it
     * @throws BitmapException      if there is no memory for it
     */
    static Content read(FileSpace files, Path directory, OverlayMeta meta, String name) throws IOException {
        try (BlockFile file = files.open(path(directory, name), OpenMode.READ)) {
            UnsafeBuffer head = Buffers.alignedDirect(Header.LENGTH);
            if (file.size() < BITS_POSITION) {
                throw new CorruptDataException(file.name(), file.size(), "it ends there");
            }
            file.read(0, head, 0, Header.LENGTH);
            Header header = new Header(head, 0);
            if (!header.isIntact(Header.BITMAP_MAGIC, file.name())) {
                throw new CorruptDataException(file.name(), 0, "this is not the header of a dirty bitmap");
            }
            header.require(meta.id(), FIELDS_LENGTH, file.name(), 0);
            require(file, NAME_OFFSET, isName(head, name), "it is another bitmap than '" + name + "'");
            require(file, SIZE_OFFSET, header.getLong(SIZE_OFFSET) == meta.size(), "a disk of "
                    + header.getLong(SIZE_OFFSET) + " bytes, not of " + meta.size());
            require(file, GRANULARITY_OFFSET, header.getInt(GRANULARITY_OFFSET) == DirtyBitmap.GRANULARITY_SHIFT,
                    "granules of 2^" + header.getInt(GRANULARITY_OFFSET) + " bytes");
            int flags = header.getInt(Header.AUX_OFFSET);
            int length = header.getInt(BITS_LENGTH_OFFSET);
            require(file, Header.AUX_OFFSET, flags == 0 || flags == NOT_EXACT || flags == (NOT_EXACT | EVERYTHING),
                    "flags " + flags);
            require(file, BITS_LENGTH_OFFSET, length == 0 || (flags & EVERYTHING) == 0
                    && length == DirtyBitmap.bitsLength(meta.size()), length + " bytes of bits");
            require(file, BITS_LENGTH_OFFSET, file.size() == BITS_POSITION + length,
                    "it has " + file.size() + " bytes, with " + length + " of bits");
            long stamp = header.getLong(STAMP_OFFSET);
            long createdMs = header.getLong(CREATED_OFFSET);
            if ((flags & EVERYTHING) != 0) {
                return new Content(DirtyBitmap.everything(name, meta.size(), createdMs, null), stamp);
            }
            DirtyBitmap bitmap = DirtyBitmap.clean(name, meta.size(), createdMs);
            readBits(file, bitmap, length, header.getInt(BITS_CRC_OFFSET));
            bitmap.loaded(flags == 0);
            return new Content(bitmap, stamp);
        }
    }

    private static boolean isName(UnsafeBuffer head, String name) {
        byte[] right = new byte[Bitmaps.MAX_NAME_LENGTH];
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, right, 0, ascii.length);
        byte[] found = new byte[right.length];
        head.getBytes(NAME_OFFSET, found);
        return new Header(head, 0).getInt(NAME_LENGTH_OFFSET) == ascii.length && Arrays.equals(right, found);
    }

    private static void readBits(BlockFile file, DirtyBitmap bitmap, int length, int crc) throws IOException {
        if (length == 0) {
            return;
        }
        UnsafeBuffer bits = bitmap.bits();
        file.read(BITS_POSITION, bits, 0, length);
        require(file, BITS_POSITION, Crc32c.of(bits, 0, length) == crc, "the checksum of the bits is wrong");
        long behind = bitmap.granuleCount() & Long.SIZE - 1;
        long last = bits.getLong(length - Long.BYTES, LITTLE_ENDIAN);
        require(file, BITS_POSITION + length - Long.BYTES, behind == 0 || last >>> behind == 0,
                "bits behind the end of the disk");
    }

    private static void require(BlockFile file, long position, boolean holds, String what)
            throws CorruptDataException {
        if (!holds) {
            throw new CorruptDataException(file.name(), position, what);
        }
    }
}
