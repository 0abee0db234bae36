package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SequenceFileTest {

    private static final Sequence SEQUENCE =
            new Sequence(new long[] {0x123456789L, 2}, new int[] {256, 1}, new int[] {0, 70_000});
    private static final long DISK_PAGES = 0x200000000L;

    private final FileSpace files = new NativeFileSpace();

    @TempDir
    Path directory;

    @Test
    void shouldWriteTheseBytes() {
        assertThat(HexFormat.of().formatHex(bytes(SequenceEncoder.encode("sha256-ab", DISK_PAGES, SEQUENCE))))
                .isEqualTo("5641525645534551" + "01000000" + "02000000" + "0000000002000000"
                        + "09000000" + "00000000" + "7368613235362d6162"
                        + "8967452301000000" + "00010000" + "00000000"
                        + "0200000000000000" + "01000000" + "70110100"
                        + "36e9e676");
    }

    @Test
    void shouldReadBackWhatWasWrittenAndReplaceIt() throws IOException {
        final Path file = directory.resolve("tag.seq");
        assertThat(SequenceFile.read(files, file, "s", DISK_PAGES)).isEmpty();
        for (int round = 0; round < 2; round++) {
            SequenceFile.write(files, directory.resolve("tmp"), file, "s", DISK_PAGES, SEQUENCE);
            final Sequence read =
                    SequenceFile.read(files, file, "s", DISK_PAGES).orElseThrow();
            assertThat(read.entryCount()).isEqualTo(2);
            assertThat(read.pageIndex(0)).isEqualTo(0x123456789L);
            assertThat(read.pageCount(0)).isEqualTo(256);
            assertThat(read.startUs(1)).isEqualTo(70_000);
        }
        assertThat(directory.toFile().list()).containsExactly("tag.seq");
    }

    @Test
    void shouldIgnoreWhatWasLearnedElsewhere() throws IOException {
        final Path file = directory.resolve("tag.seq");
        SequenceFile.write(files, directory.resolve("tmp"), file, "s", DISK_PAGES, SEQUENCE);
        assertThat(SequenceFile.read(files, file, "other", DISK_PAGES)).isEmpty();
        assertThat(SequenceFile.read(files, file, "s", DISK_PAGES + 1)).isEmpty();
    }

    @Test
    void shouldNoticeEveryFlippedBit() {
        final byte[] good = bytes(SequenceEncoder.encode("subject", DISK_PAGES, SEQUENCE));
        for (int i = 0; i < good.length * 8; i++) {
            final byte[] bad = good.clone();
            bad[i / 8] ^= (byte) (1 << i % 8);
            assertThatThrownBy(() -> decode(bad))
                    .as("bit %d", i)
                    .isInstanceOf(CorruptDataException.class);
        }
    }

    @Test
    void shouldTellOldAndNewFilesFromDamage() {
        for (final int version : new int[] {0, 2, 77}) {
            final byte[] other = bytes(SequenceEncoder.encode("subject", DISK_PAGES, SEQUENCE));
            final ByteBuffer content = ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN);
            content.putInt(SequenceFile.VERSION_OFFSET, version);
            final int crcPosition = other.length - SequenceFile.CRC_LENGTH;
            content.putInt(crcPosition, SequenceFile.crc(content, crcPosition));
            assertThatThrownBy(() -> decode(other))
                    .isInstanceOf(FormatVersionException.class)
                    .hasMessageContaining("version " + version)
                    .hasMessageContaining(version == 0 ? "older varve" : "newer varve");
        }
    }

    @Test
    void shouldRefuseAnyLengthButTheRightOne() throws IOException {
        final byte[] good = bytes(SequenceEncoder.encode("subject", DISK_PAGES, SEQUENCE));
        for (int length = 0; length < good.length + 40; length++) {
            if (length != good.length) {
                final Path file = directory.resolve("length-" + length);
                Files.write(file, Arrays.copyOf(good, length));
                assertThatThrownBy(() -> SequenceFile.read(files, file, "subject", DISK_PAGES))
                        .as("length %d", length)
                        .isInstanceOf(CorruptDataException.class)
                        .hasMessageContaining(file.toString());
            }
        }
    }

    @Test
    void shouldRefuseNonsenseWithARightChecksum() {
        final ByteBuffer good = SequenceEncoder.encode("subject", DISK_PAGES, SEQUENCE);
        final int crcPosition = good.capacity() - SequenceFile.CRC_LENGTH;
        final Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 5000; i++) {
            final ByteBuffer bad = ByteBuffer.allocate(good.capacity()).order(ByteOrder.LITTLE_ENDIAN);
            bad.put(bytes(good)).rewind();
            final int position = SequenceFile.ENTRY_COUNT_OFFSET
                    + random.nextInt(crcPosition - SequenceFile.ENTRY_COUNT_OFFSET - 3);
            bad.putInt(position, random.nextInt(3) == 0 ? random.nextInt(4) - 2 : random.nextInt());
            bad.putInt(crcPosition, SequenceFile.crc(bad, crcPosition));
            try {
                decode(bytes(bad));
            } catch (final CorruptDataException ex) {
                refused++;
            } catch (final IOException ex) {
                throw new AssertionError("round " + i, ex);
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    private static void decode(byte[] content) throws IOException {
        SequenceFile.decode("file", ByteBuffer.wrap(content), "subject", DISK_PAGES);
    }

    private static byte[] bytes(ByteBuffer content) {
        final byte[] bytes = new byte[content.capacity()];
        content.get(0, bytes);
        return bytes;
    }
}
