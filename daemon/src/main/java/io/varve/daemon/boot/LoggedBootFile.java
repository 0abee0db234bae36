package io.varve.daemon.boot;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Place;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;

/** What was written down of a boot, at rest; the format is in the package description. Immutable. */
public final class LoggedBootFile {

    static final long MAGIC = 0x474c424556524156L; // "VARVEBLG" as little-endian bytes
    static final int VERSION = 1;
    static final int VERSION_OFFSET = 8;
    static final int RESERVED_OFFSET = 12;
    static final int HEADER_LENGTH = 16;
    static final int CRC_LENGTH = 4;
    static final int MAX_CLIENT_LENGTH = 256;
    static final int MAX_LAYERS = 4096;
    /** Bytes: more than the longest boot takes. */
    static final int MAX_LENGTH = 2 << 20;

    /** A read has six numbers of at least a byte. */
    private static final int MIN_READ_LENGTH = 6;
    private static final int LAYER_LENGTH = 32;
    private static final int PREDICTION_SHIFT = 3;
    private static final int PLACE_MASK = (1 << PREDICTION_SHIFT) - 1;

    private LoggedBootFile() {}

    /**
     * Puts it into a new file, in one step. Not synced: after a power cut it may be gone, or damaged, and that is
     * found out by who reads it.
     *
     * @param temporary in the same file system as {@code file}; replaced if it exists
     */
    public static void write(FileSpace files, Path temporary, Path file, LoggedBoot boot) throws IOException {
        final ByteBuffer content = encode(boot);
        files.delete(temporary);
        try (BlockFile target = files.open(temporary, FileSpace.OpenMode.CREATE_NEW)) {
            target.write(0, new UnsafeBuffer(content), 0, content.capacity());
        }
        files.rename(temporary, file);
    }

    /**
     * @throws java.nio.file.NoSuchFileException if there is none
     * @throws CorruptDataException              if the file is damaged
     * @throws FormatVersionException            if a newer version wrote it
     */
    public static LoggedBoot read(FileSpace files, Path file) throws IOException {
        try (BlockFile source = files.open(file, FileSpace.OpenMode.READ)) {
            final long size = source.size();
            if (size < HEADER_LENGTH + CRC_LENGTH || size > MAX_LENGTH) {
                throw new CorruptDataException(source.name(), 0, "the log of a boot of " + size + " bytes");
            }
            final ByteBuffer content = ByteBuffer.allocateDirect((int) size);
            source.read(0, new UnsafeBuffer(content), 0, (int) size);
            return decode(source.name(), content);
        }
    }

    /** @return off-heap */
    static ByteBuffer encode(LoggedBoot boot) {
        final Writer writer = new Writer();
        writer.number(boot.start().toEpochMilli());
        writer.number(boot.diskPageCount());
        writer.number(boot.replayed() ? 1 : 0);
        writer.number(boot.counters().prefetched());
        writer.number(boot.counters().used());
        writer.number(boot.counters().late());
        writer.number(boot.counters().missed());
        writer.number(boot.reads().droppedCount());
        final byte[] client = boot.client().orElse("").getBytes(StandardCharsets.US_ASCII);
        writer.number(client.length);
        writer.bytes.writeBytes(client);
        writer.number(boot.layers().size());
        boot.layers().forEach(layer -> writer.bytes.writeBytes(HexFormat.of().parseHex(layer)));
        final LoggedReads reads = boot.reads();
        writer.number(reads.count());
        long endPage = 0;
        int timeUs = 0;
        for (int i = 0; i < reads.count(); i++) {
            final long distance = reads.pageIndex(i) - endPage;
            writer.number(reads.timeUs(i) - timeUs);
            writer.number(distance << 1 ^ distance >> 63);
            writer.number(reads.pageCount(i));
            writer.number(reads.stallUs(i));
            writer.number(reads.layer(i) + 1);
            writer.number(reads.place(i).ordinal() | reads.prediction(i).ordinal() << PREDICTION_SHIFT);
            endPage = reads.pageIndex(i) + reads.pageCount(i);
            timeUs = reads.timeUs(i);
        }
        final byte[] body = writer.bytes.toByteArray();
        final ByteBuffer content = ByteBuffer.allocateDirect(HEADER_LENGTH + body.length + CRC_LENGTH)
                .order(ByteOrder.LITTLE_ENDIAN);
        content.putLong(MAGIC).putInt(VERSION).putInt(0).put(body);
        content.putInt(ProfileFile.crc(content, content.position()));
        return content.rewind();
    }

    /** Owned by the thread that encodes. */
    private static final class Writer {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        /** Seven bits a byte, lowest first, in as few bytes as it takes. */
        void number(long number) {
            long rest = number;
            while (rest >>> 7 != 0) {
                bytes.write((int) (rest | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
        }
    }

    /** @param content at least a header and a checksum */
    static LoggedBoot decode(String fileName, ByteBuffer content) throws IOException {
        content.order(ByteOrder.LITTLE_ENDIAN);
        final int crcPosition = content.capacity() - CRC_LENGTH;
        if (content.getLong(0) != MAGIC) {
            throw new CorruptDataException(fileName, 0, "no log of a boot");
        }
        // Every version ends with this checksum, so that a later one can be told from a damaged one.
        if (content.getInt(crcPosition) != ProfileFile.crc(content, crcPosition)) {
            throw new CorruptDataException(fileName, crcPosition, "the checksum differs");
        }
        final int version = content.getInt(VERSION_OFFSET);
        if (version != VERSION) {
            throw new FormatVersionException(fileName, version, VERSION, VERSION);
        }
        if (content.getInt(RESERVED_OFFSET) != 0) {
            throw new CorruptDataException(fileName, RESERVED_OFFSET, "reserved bits are set");
        }
        final NumberReader numbers = new NumberReader(
                fileName, content.slice(HEADER_LENGTH, crcPosition - HEADER_LENGTH), HEADER_LENGTH);
        final Instant start = Instant.ofEpochMilli(numbers.next());
        final long diskPageCount = numbers.next(1L << BootLog.PAGE_BITS, "pages of a disk");
        final boolean replayed = numbers.next(1, "as a flag") == 1;
        final long prefetched = numbers.next();
        final BootCounters counters =
                new BootCounters(prefetched, numbers.next(), 0, numbers.next(), numbers.next());
        final long droppedReads = numbers.next();
        final String client = new String(
                numbers.bytes((int) numbers.next(MAX_CLIENT_LENGTH, "characters of a name")),
                StandardCharsets.US_ASCII);
        final List<String> layers = new ArrayList<>();
        final int layerCount = numbers.count(MAX_LAYERS, LAYER_LENGTH, "layers");
        for (int i = 0; i < layerCount; i++) {
            layers.add(HexFormat.of().formatHex(numbers.bytes(LAYER_LENGTH)));
        }
        final LoggedReads reads = reads(numbers, diskPageCount, layerCount, droppedReads);
        numbers.requireEnd();
        return new LoggedBoot(client.isEmpty() ? Optional.empty() : Optional.of(client), start, diskPageCount,
                replayed, counters, layers, reads);
    }

    private static LoggedReads reads(NumberReader numbers, long diskPageCount, int layerCount, long droppedReads)
            throws CorruptDataException {
        final LoggedReads.Builder reads = new LoggedReads.Builder();
        reads.setDropped(droppedReads);
        final int readCount = numbers.count(BootLog.MAX_ENTRIES, MIN_READ_LENGTH, "reads");
        long endPage = 0;
        long timeUs = 0;
        for (int i = 0; i < readCount; i++) {
            timeUs += numbers.next(BootLog.MAX_US - timeUs, "microseconds behind " + timeUs);
            final long distance = numbers.next();
            final long pageIndex = endPage + (distance >>> 1 ^ -(distance & 1));
            final int pageCount = (int) numbers.next(BootLog.MAX_PAGE_COUNT, "pages of a read");
            if (pageIndex < 0 || pageCount < 1 || pageIndex + pageCount > diskPageCount) {
                throw numbers.corrupt(
                        pageCount + " pages at " + pageIndex + " of a disk of " + diskPageCount + " pages");
            }
            endPage = pageIndex + pageCount;
            final int stallUs = (int) numbers.next(BootLog.MAX_US, "microseconds of waiting");
            final int layer = (int) numbers.next(layerCount, "as a layer") - 1;
            final int bits = (int) numbers.next(Integer.MAX_VALUE, "as bits");
            final Place place = Place.of(bits & PLACE_MASK);
            final Prediction prediction = Prediction.of(bits >>> PREDICTION_SHIFT);
            if (place == null || prediction == null) {
                throw numbers.corrupt("bits " + bits + " of a read");
            }
            reads.add((int) timeUs, pageIndex, pageCount, stallUs, place, layer, prediction);
        }
        return reads.build();
    }
}
