package io.varve.daemon.counters;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersReader;

/** Layout of the counters file; the picture is in the package description. Immutable. */
final class CountersFile {

    static final long MAGIC = 0x5254434556524156L; // "VARVECTR" as little-endian bytes
    static final int VERSION = 1;
    static final int HEADER_LENGTH = 64;

    /** Room for the counters of later versions of one daemon: a reader accepts up to this many. */
    private static final int MAX_COUNTERS = 4096;
    private static final int MAGIC_OFFSET = 0;
    private static final int VERSION_OFFSET = 8;
    private static final int METADATA_LENGTH_OFFSET = 12;
    private static final int VALUES_LENGTH_OFFSET = 16;

    private CountersFile() {}

    static int metadataLength() {
        return Counter.values().length * CountersReader.METADATA_LENGTH;
    }

    static int valuesLength() {
        return Counter.values().length * CountersReader.COUNTER_LENGTH;
    }

    static int length() {
        return HEADER_LENGTH + metadataLength() + valuesLength();
    }

    /** A new file takes the place of an old one, which stays as it is for whoever has it mapped. */
    static MappedByteBuffer create(Path file) throws IOException {
        Files.deleteIfExists(file);
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            final ByteBuffer zeroes = ByteBuffer.allocate(length());
            while (zeroes.hasRemaining()) {
                channel.write(zeroes);
            }
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, length());
        }
    }

    /** The magic comes last, so that a reader never sees half a file. */
    static void writeHeader(UnsafeBuffer file) {
        file.putInt(VERSION_OFFSET, VERSION, ByteOrder.LITTLE_ENDIAN);
        file.putInt(METADATA_LENGTH_OFFSET, metadataLength(), ByteOrder.LITTLE_ENDIAN);
        file.putInt(VALUES_LENGTH_OFFSET, valuesLength(), ByteOrder.LITTLE_ENDIAN);
        file.putLongVolatile(MAGIC_OFFSET, MAGIC);
    }

    static CountersView open(Path path) throws IOException {
        final MappedByteBuffer mapping;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            final long size = channel.size();
            final long counterLength = CountersReader.METADATA_LENGTH + CountersReader.COUNTER_LENGTH;
            final long maxSize = HEADER_LENGTH + MAX_COUNTERS * counterLength;
            if (size < HEADER_LENGTH || size > maxSize) {
                throw notReadable(path, "a counters file of " + size + " bytes");
            }
            mapping = channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
        }
        try {
            return new CountersView(mapping, reader(path, new UnsafeBuffer(mapping)));
        } catch (final IOException ex) {
            IoUtil.unmap(mapping);
            throw ex;
        }
    }

    private static CountersReader reader(Path path, UnsafeBuffer file) throws IOException {
        if (file.getLongVolatile(MAGIC_OFFSET) != MAGIC) {
            throw notReadable(path, "no counters file of a running varve");
        }
        final int version = file.getInt(VERSION_OFFSET, ByteOrder.LITTLE_ENDIAN);
        if (version != VERSION) {
            throw notReadable(path, "format version " + version + ", this build reads " + VERSION);
        }
        final int metadataLength = file.getInt(METADATA_LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN);
        final int valuesLength = file.getInt(VALUES_LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN);
        final int counterCount = valuesLength / CountersReader.COUNTER_LENGTH;
        if (counterCount <= 0
                || valuesLength % CountersReader.COUNTER_LENGTH != 0
                || metadataLength != (long) counterCount * CountersReader.METADATA_LENGTH
                || HEADER_LENGTH + (long) metadataLength + valuesLength != file.capacity()) {
            throw notReadable(
                    path,
                    "lengths " + metadataLength + " and " + valuesLength + " in a file of " + file.capacity());
        }
        return new CountersReader(
                new UnsafeBuffer(file, HEADER_LENGTH, metadataLength),
                new UnsafeBuffer(file, HEADER_LENGTH + metadataLength, valuesLength));
    }

    private static IOException notReadable(Path path, String what) {
        return new IOException(path + " cannot be read: " + what);
    }
}
