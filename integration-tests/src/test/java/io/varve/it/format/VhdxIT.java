package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.vhdx.VhdxImage;
import io.varve.daemon.format.vhdx.VhdxShape;
import io.varve.daemon.format.vhdx.VhdxWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** VHDX files that qemu-img made, read by us; files that we made, read by it; and a log that both replay. */
class VhdxIT {

    private static final int MIB = 1 << 20;
    private static final int SECTOR = 4096;
    private static final long LOG_POSITION = MIB;

    @TempDir
    Path directory;

    private final UnsafeBuffer ours = Buffers.alignedDirect(MIB);
    private final UnsafeBuffer theirs = Buffers.alignedDirect(MIB);

    private Path raw(String pattern, long size, long blockSize) throws IOException {
        Path raw = Files.createFile(directory.resolve(pattern + ".raw"));
        try (BlockFile file = new NativeFileSpace().open(raw, OpenMode.READ_WRITE)) {
            file.truncate(size);
        }
        switch (pattern) {
            case "empty" -> { }
            case "full" -> RawImages.scribble(raw, 0, (int) size, 1);
            case "edges" -> {
                for (long at = 0; at < size; at += blockSize) {
                    RawImages.scribble(raw, at, 512, at + 1);
                    RawImages.scribble(raw, Math.min(size, at + blockSize) - 512, 512, at + 2);
                }
            }
            case "last" -> RawImages.scribble(raw, size - 512, 512, 3);
            case "far" -> {
                RawImages.scribble(raw, (4L << 30) - 512, 1024, 4);
                RawImages.scribble(raw, size - 1536, 1536, 5);
            }
            default -> throw new IllegalArgumentException(pattern);
        }
        return raw;
    }

    /** Byte for byte; what is no data here has to be zero there. */
    private void assertSame(Path vhdx, Path raw) throws IOException {
        NativeFileSpace files = new NativeFileSpace();
        try (VhdxImage image = new VhdxImage(files.open(vhdx, OpenMode.READ));
                BlockFile expected = files.open(raw, OpenMode.READ)) {
            assertThat(image.size()).isEqualTo(expected.size());
            Piece piece = new Piece();
            for (long at = 0; at < image.size(); at += piece.length()) {
                image.locate(at, image.size() - at, piece, true);
                long end = at + piece.length();
                // Holes of the raw file are zeros; that we call them so too is seen at their pieces.
                long from = piece.kind() == Piece.DATA ? at : Math.min(end, expected.nextData(at));
                for (; from < end; from += MIB) {
                    int length = (int) Math.min(MIB, end - from);
                    new ImageChain(List.of(image)).read(from, ours, 0, length);
                    expected.read(from, theirs, 0, length);
                    assertThat(bytes(ours, length)).as("at " + from).isEqualTo(bytes(theirs, length));
                }
            }
        }
    }

    private static byte[] bytes(UnsafeBuffer buffer, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    private Path converted(Path raw, String options) {
        Path vhdx = directory.resolve("made.vhdx");
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o", options, raw, vhdx);
        return vhdx;
    }

    @ParameterizedTest
    @CsvSource({
        "empty, 10486272, dynamic, 1", "full, 5244416, dynamic, 1", "full, 9438208, dynamic, 8",
        "edges, 38798336, dynamic, 1", "edges, 38798336, dynamic, 2", "edges, 300000256, dynamic, 16",
        "edges, 600000512, dynamic, 256", "last, 38798336, dynamic, 32", "far, 5368710144, dynamic, 1",
        "far, 5368710144, dynamic, 32", "empty, 10486272, fixed, 1", "full, 5244416, fixed, 1",
        "edges, 38798336, fixed, 8", "last, 1536, dynamic, 1"})
    void shouldReadWhatQemuImgMade(String pattern, long size, String subformat, int blockMib) throws IOException {
        Path raw = raw(pattern, size, (long) blockMib * MIB);
        assertSame(converted(raw, "subformat=" + subformat + ",block_size=" + blockMib + "M"), raw);
    }

    @ParameterizedTest
    @CsvSource({
        "empty, 10486272, 1", "full, 5244416, 1", "full, 9438208, 8", "edges, 38798336, 1", "edges, 300000256, 16",
        "last, 38798336, 32", "far, 5368710144, 1", "far, 5368710144, 32", "last, 1536, 1"})
    void shouldWriteWhatQemuImgReads(String pattern, long size, int blockMib) throws IOException {
        Path raw = raw(pattern, size, (long) blockMib * MIB);
        Path vhdx = directory.resolve("ours.vhdx");
        NativeFileSpace files = new NativeFileSpace();
        try (BlockFile from = files.open(raw, OpenMode.READ);
                BlockFile to = files.open(vhdx, OpenMode.CREATE_NEW)) {
            VhdxWriter writer = VhdxWriter.dynamic(to, new VhdxShape(size, blockMib * MIB, 512), UUID::randomUUID);
            long at = from.nextData(0);
            while (at < size) {
                int length = (int) Math.min(MIB, from.nextHole(at) - at);
                from.read(at, ours, 0, length);
                writer.write(at, ours, 0, length);
                at = from.nextData(at + length);
            }
            writer.finish();
        }
        Tool.run("qemu-img", "check", "-f", "vhdx", vhdx);
        assertThat(Tool.run("qemu-img", "compare", "-f", "raw", "-F", "vhdx", raw, vhdx).out())
                .contains("Images are identical").doesNotContain("size mismatch");
        assertSame(vhdx, raw);
    }

    @Test
    void shouldReplayALogAsQemuImgDoes() throws IOException {
        Path raw = raw("full", 4 * MIB, MIB);
        Path vhdx = converted(raw, "subformat=dynamic,block_size=1M");
        long first = positionOf(vhdx, 0);
        long third = positionOf(vhdx, 2 * MIB);
        byte[] changed = RawImages.read(raw, MIB, SECTOR);
        writeLog(vhdx, first + 8 * SECTOR, changed, third + 4 * SECTOR, 16 * SECTOR);
        try (FileChannel expected = FileChannel.open(raw, StandardOpenOption.WRITE)) {
            expected.write(ByteBuffer.wrap(changed), 8 * SECTOR);
            expected.write(ByteBuffer.allocate(16 * SECTOR), 2 * MIB + 4 * SECTOR);
        }
        byte[] before = Files.readAllBytes(vhdx);
        assertSame(vhdx, raw);
        assertThat(Arrays.equals(Files.readAllBytes(vhdx), before)).as("the file is left as it is").isTrue();
        Path copy = Files.copy(vhdx, directory.resolve("copy.vhdx"));
        assertThat(Tool.of("qemu-img", "check", "-f", "vhdx", copy).run().err() + " ")
                .as("qemu-img sees the log").contains("replay");
        Tool.run("qemu-img", "check", "-f", "vhdx", "-r", "all", copy);
        Path out = directory.resolve("out.raw");
        Tool.run("qemu-img", "convert", "-f", "vhdx", "-O", "raw", copy, out);
        assertThat(Files.mismatch(out, raw)).isEqualTo(-1);
    }

    private static long positionOf(Path vhdx, long offset) throws IOException {
        try (VhdxImage image = new VhdxImage(new NativeFileSpace().open(vhdx, OpenMode.READ))) {
            Piece piece = new Piece();
            image.locate(offset, 512, piece, true);
            return piece.position();
        }
    }

    /** One entry that writes a sector and zeros a range, and a header that says that it has to be replayed. */
    private static void writeLog(Path vhdx, long position, byte[] content, long zeroPosition, long zeroLength)
            throws IOException {
        byte[] guid = "sixteen bytes id".getBytes(StandardCharsets.US_ASCII);
        long sequence = 0x300000007L;
        try (FileChannel file = FileChannel.open(vhdx, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer entry = littleEndian(2 * SECTOR);
            entry.put(ascii("loge")).putInt(0).putInt(2 * SECTOR).putInt(0).putLong(sequence).putInt(2).putInt(0);
            entry.put(guid).putLong(file.size()).putLong(file.size());
            entry.put(ascii("zero")).putInt(0).putLong(zeroLength).putLong(zeroPosition).putLong(sequence);
            entry.put(ascii("desc")).put(content, 4092, 4).put(content, 0, 8).putLong(position).putLong(sequence);
            entry.position(SECTOR);
            entry.put(ascii("data")).putInt((int) (sequence >>> 32)).put(content, 8, 4084).putInt((int) sequence);
            file.write(sealed(entry), LOG_POSITION);
            ByteBuffer[] headers = {littleEndian(SECTOR), littleEndian(SECTOR)};
            file.read(headers[0], 64 << 10);
            file.read(headers[1], 128 << 10);
            int current = headers[0].getLong(8) > headers[1].getLong(8) ? 0 : 1;
            ByteBuffer next = headers[current];
            next.putLong(8, next.getLong(8) + 1).put(48, guid);
            file.write(sealed(next), current == 0 ? 128 << 10 : 64 << 10);
        }
    }

    private static ByteBuffer littleEndian(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static ByteBuffer sealed(ByteBuffer structure) {
        CRC32C crc = new CRC32C();
        crc.update(structure.putInt(4, 0).array());
        return structure.putInt(4, (int) crc.getValue()).clear();
    }
}
