package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Place;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoggedBootFileTest {

    private static final Path FILE = Path.of("/boots/1.boot");

    private final SimFileSpace files = new SimFileSpace();

    static LoggedBoot boot() {
        final LoggedReads.Builder reads = new LoggedReads.Builder();
        reads.add(0, 0, 1, 0, Place.MEMORY, 0, Prediction.NONE);
        reads.add(130, (1L << 33) + 5, 16383, 12_000, Place.ORIGIN, 1, Prediction.MISSED);
        reads.add(BootLog.MAX_US, 7, 2, BootLog.MAX_US, Place.NOWHERE, LoggedReads.NO_LAYER, Prediction.LATE);
        reads.setDropped(3);
        return new LoggedBoot(Optional.of("pc-7"), Instant.ofEpochMilli(1_700_000_000_000L), 1L << BootLog.PAGE_BITS,
                true, new BootCounters(400, 300, 0, 20, 80), List.of("0a".repeat(32), "ff".repeat(32)), reads.build());
    }

    @Test
    void shouldReadWhatItWrote() throws IOException {
        files.createDirectories(FILE.getParent());
        LoggedBootFile.write(files, FILE.resolveSibling("new"), FILE, boot());
        final LoggedBoot read = LoggedBootFile.read(files, FILE);
        assertThat(read).usingRecursiveComparison().isEqualTo(boot());
        assertThat(read.precision()).isEqualTo(0.75);
        assertThat(read.recall()).isEqualTo(0.75);
        assertThat(files.list(FILE.getParent())).containsExactly(FILE);
    }

    /** The bytes that the package description promises. */
    @Test
    void shouldWriteTheDocumentedBytes() {
        final String expected = "56415256 45424c47 01000000 00000000"
                + "80d095ffbc31 8080808040 01 9003 ac02 14 50 03" + "04 70632d37"
                + "02" + "0a".repeat(32) + "ff".repeat(32) + "03"
                + "00 00 01 00 01 00"
                + "8201 8880808040 ff7f e05d 02 1c"
                + "fdfeff3f f9ff818040 02 ffffff3f 00 15";
        final String bytes = HexFormat.of().formatHex(bytes(boot()));
        assertThat(bytes).hasSize(expected.replace(" ", "").length() + 8).startsWith(expected.replace(" ", ""));
    }

    @Test
    void shouldTellEveryFlippedBit() {
        final byte[] bytes = bytes(boot());
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            final byte[] damaged = bytes.clone();
            damaged[bit >> 3] ^= (byte) (1 << (bit & 7));
            assertThatThrownBy(() -> LoggedBootFile.decode("file", ByteBuffer.wrap(damaged)))
                    .isInstanceOf(CorruptDataException.class);
        }
    }

    @Test
    void shouldTellThatItIsOfALaterVersion() {
        final byte[] bytes = bytes(boot());
        bytes[LoggedBootFile.VERSION_OFFSET] = 2;
        assertThatThrownBy(() -> LoggedBootFile.decode("file", sealed(bytes)))
                .isInstanceOf(FormatVersionException.class);
    }

    @Test
    void shouldRefuseAFileOfAnyOtherLength() throws IOException {
        files.createDirectories(FILE.getParent());
        files.open(FILE, FileSpace.OpenMode.CREATE_NEW).close();
        assertThatThrownBy(() -> LoggedBootFile.read(files, FILE)).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("0 bytes");
    }

    /** Any byte changed to any value, with the checksum made right again: read as something in bounds, or refused. */
    @Test
    void shouldAnswerWhateverIsSealed() throws IOException {
        final byte[] bytes = bytes(boot());
        int readable = 0;
        for (int i = LoggedBootFile.HEADER_LENGTH; i < bytes.length - LoggedBootFile.CRC_LENGTH; i++) {
            for (int value = 0; value < 256; value++) {
                final byte[] changed = bytes.clone();
                changed[i] = (byte) value;
                readable += isReadable(changed) ? 1 : 0;
            }
        }
        assertThat(readable).isBetween(1, bytes.length * 256 - 1);
    }

    private static boolean isReadable(byte[] changed) throws IOException {
        try {
            final LoggedBoot read = LoggedBootFile.decode("file", sealed(changed));
            final LoggedReads reads = read.reads();
            for (int i = 0; i < reads.count(); i++) {
                assertThat(reads.pageIndex(i) + reads.pageCount(i)).isBetween(1L, read.diskPageCount());
                assertThat(reads.layer(i)).isBetween(-1, read.layers().size() - 1);
                assertThat(reads.timeUs(i)).isBetween(0, BootLog.MAX_US);
            }
            return true;
        } catch (final CorruptDataException ex) {
            return false;
        }
    }

    private static ByteBuffer sealed(byte[] bytes) {
        final ByteBuffer content = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        final int crcPosition = bytes.length - LoggedBootFile.CRC_LENGTH;
        content.putInt(crcPosition, ProfileFile.crc(content, crcPosition));
        return content;
    }

    private static byte[] bytes(LoggedBoot boot) {
        final ByteBuffer content = LoggedBootFile.encode(boot);
        final byte[] bytes = new byte[content.remaining()];
        content.get(bytes);
        return bytes;
    }
}
