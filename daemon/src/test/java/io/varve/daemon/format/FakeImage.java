package io.varve.daemon.format;

import io.varve.daemon.format.raw.RawImage;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An image of a format made up for tests: 4 KiB of text, one byte per sector that says what it is, and the sectors of
 * the disk. Encoded sectors have all bits turned over.
 *
 * <p>Immutable.
 */
public final class FakeImage implements ForeignImage {

    public static final int SECTOR = 512;
    private static final int HEADER_LENGTH = 4096;
    private static final int MAX_PIECE_SECTORS = 7;

    private final BlockFile file;
    private final Header header;
    private final byte[] kinds;

    /**
     * What the text says.
     *
     * @param parentPath empty if there is none
     * @param parentId   empty if the file does not say
     */
    public record Header(ImageFormat format, long size, String id, String parentPath, String parentId,
            String parentFormat) {

        public static Header base(ImageFormat format, long size, String id) {
            return new Header(format, size, id, "", "", "");
        }

        public static Header child(ImageFormat format, long size, String id, String parentPath, String parentId) {
            return new Header(format, size, id, parentPath, parentId, "");
        }

        private String text() {
            return String.join("\n", format.name(), "" + size, id, parentPath, parentId, parentFormat, "");
        }

        private static Header parse(String text) {
            String[] lines = text.split("\n", -1);
            return new Header(ImageFormat.valueOf(lines[0]), Long.parseLong(lines[1]), lines[2], lines[3], lines[4],
                    lines[5]);
        }

        private int sectorCount() {
            return (int) ((size + SECTOR - 1) / SECTOR);
        }

        private long dataPosition() {
            return HEADER_LENGTH + (sectorCount() + 4095L) / 4096 * 4096;
        }
    }

    /** Reads fakes, and raw files. */
    public static ForeignImage read(BlockFile file, ImageFormat format) throws IOException {
        return format == ImageFormat.RAW ? new RawImage(file) : new FakeImage(file, format);
    }

    FakeImage(BlockFile file, ImageFormat format) throws IOException {
        this.file = file;
        this.header = Header.parse(text(file));
        if (header.format != format) {
            throw new CorruptDataException(file.name(), 0, "it is a fake " + header.format);
        }
        this.kinds = new byte[header.sectorCount()];
        UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(kinds.length));
        file.read(HEADER_LENGTH, bytes, 0, kinds.length);
        bytes.getBytes(0, kinds);
    }

    private static String text(BlockFile file) throws IOException {
        UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(HEADER_LENGTH));
        file.read(0, bytes, 0, HEADER_LENGTH);
        return bytes.getStringWithoutLengthUtf8(0, HEADER_LENGTH);
    }

    /**
     * @param kinds   of {@link Piece}, one per sector
     * @param content of the disk; what is neither data nor encoded is not used
     */
    public static void write(Path path, Header header, byte[] kinds, byte[] content) throws IOException {
        byte[] bytes = new byte[(int) header.dataPosition() + kinds.length * SECTOR];
        byte[] text = header.text().getBytes(StandardCharsets.UTF_8);
        System.arraycopy(text, 0, bytes, 0, text.length);
        System.arraycopy(kinds, 0, bytes, HEADER_LENGTH, kinds.length);
        Arrays.fill(bytes, (int) header.dataPosition(), bytes.length, (byte) 0x77);
        for (int i = 0; i < content.length; i++) {
            int kind = kinds[i / SECTOR];
            if (kind == Piece.DATA || kind == Piece.ENCODED) {
                bytes[(int) header.dataPosition() + i] = (byte) (kind == Piece.DATA ? content[i] : ~content[i]);
            }
        }
        Files.write(path, bytes);
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public ImageFormat format() {
        return header.format;
    }

    @Override
    public long size() {
        return header.size;
    }

    @Override
    public boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) {
        int sector = (int) (offset / SECTOR);
        int last = sector;
        while (last + 1 < kinds.length && kinds[last + 1] == kinds[sector] && last - sector < MAX_PIECE_SECTORS) {
            last++;
        }
        long length = Math.min(maxLength, Math.min(header.size, (last + 1L) * SECTOR) - offset);
        switch (kinds[sector]) {
            case Piece.ABSENT -> piece.setAbsent(length);
            case Piece.ZERO -> piece.setZero(length);
            case Piece.DATA -> piece.setData(length, header.dataPosition() + offset);
            default -> piece.setEncoded(length);
        }
        return true;
    }

    @Override
    public void readEncoded(long offset, MutableDirectBuffer destination, int index, int length) throws IOException {
        file.read(header.dataPosition() + offset, destination, index, length);
        for (int i = 0; i < length; i++) {
            destination.putByte(index + i, (byte) ~destination.getByte(index + i));
        }
    }

    @Override
    public BlockFile file() {
        return file;
    }

    @Override
    public Optional<ParentLink> parent() {
        return header.parentPath.isEmpty()
                ? Optional.empty()
                : Optional.of(new ParentLink(List.of(header.parentPath.split("\\|")),
                        optional(header.parentId), optional(header.parentFormat).map(ImageFormat::valueOf)));
    }

    @Override
    public Optional<String> id() {
        return optional(header.id);
    }

    private static Optional<String> optional(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
