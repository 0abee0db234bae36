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
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileFileTest {

    private static final Sequence SEQUENCE =
            new Sequence(new long[] {0x123456789L, 2}, new int[] {256, 1}, new int[] {0, 70_000});
    private static final long DISK_PAGES = 0x200000000L;
    private static final int BUDGET = Sequence.budgetPages(DISK_PAGES);

    private final FileSpace files = new NativeFileSpace();

    @TempDir
    Path directory;

    /** Of two variants, one of two boots. */
    static Profile profile() {
        final Variant first = Variant.of(SEQUENCE, BUDGET)
                .with(TestSequences.ofPages(70, 2, 0x123456789L), List.of(new Quality(700, 650)), BUDGET)
                .confirmed(3, new Quality(1000, 990));
        return new Profile(DISK_PAGES, List.of(first, Variant.of(TestSequences.ofPages(9), BUDGET)));
    }

    @Test
    void shouldWriteTheseBytes() {
        assertThat(HexFormat.of().formatHex(bytes(ProfileEncoder.encode("sha256-ab", profile()))))
                .isEqualTo("5641525645534551" + "02000000" + "02000000" + "0000000002000000"
                        + "09000000" + "00000000" + "7368613235362d6162"
                        + "02000000" + "02000000" + "03000000" + "04000000"
                        + "e803de03" + "e803de03" + "e803de03" + "bc028a02"
                        + "03000000" + "8c010100" + "89010101" + "8c9eabb424" + "0101"
                        + "02000000" + "929eabb424" + "800200" + "8da2abb424" + "01f0a204"
                        + "03000000" + "8c010100" + "849dabb424" + "800200" + "8da2abb424" + "0101"
                        + "01000000" + "01000000" + "00000000" + "00000000"
                        + "01000000" + "120100" + "01000000" + "120100"
                        + "c3f720d4");
    }

    @Test
    void shouldReadBackWhatWasWrittenAndReplaceIt() throws IOException {
        final Path file = directory.resolve("tag.seq");
        assertThat(ProfileFile.read(files, file, "s", DISK_PAGES)).isEmpty();
        for (int round = 0; round < 2; round++) {
            ProfileFile.write(files, directory.resolve("tmp"), file, "s", profile());
            final Profile read = ProfileFile.read(files, file, "s", DISK_PAGES).orElseThrow();
            assertThat(read.bootCount()).isEqualTo(6);
            assertThat(read.variants().get(0).boots()).hasSize(2);
            assertThat(read.variants().get(0).boots().get(1).pageIndex(0)).isEqualTo(0x123456789L);
            assertThat(read.variants().get(0).boots().get(1).pageCount(0)).isEqualTo(256);
            assertThat(read.variants().get(0).boots().get(1).startUs(1)).isEqualTo(70_000);
            assertThat(read.variants().get(0).qualities().get(3)).isEqualTo(new Quality(700, 650));
            assertThat(read.sequences()).hasSize(2);
        }
        assertThat(directory.toFile().list()).containsExactly("tag.seq");
    }

    @Test
    void shouldIgnoreWhatWasLearnedElsewhere() throws IOException {
        final Path file = directory.resolve("tag.seq");
        ProfileFile.write(files, directory.resolve("tmp"), file, "s", profile());
        assertThat(ProfileFile.read(files, file, "other", DISK_PAGES)).isEmpty();
        assertThat(ProfileFile.read(files, file, "s", DISK_PAGES + 1)).isEmpty();
        assertThat(ProfileFile.read(files, file).orElseThrow().subject()).isEqualTo("s");
    }

    /** What an older varve has learned is not lost. */
    @Test
    void shouldReadVersionOneAsOneBoot() throws IOException {
        final byte[] old = HexFormat.of().parseHex("5641525645534551" + "01000000" + "02000000" + "0000000002000000"
                + "09000000" + "00000000" + "7368613235362d6162"
                + "8967452301000000" + "00010000" + "00000000"
                + "0200000000000000" + "01000000" + "70110100"
                + "36e9e676");
        final Path file = directory.resolve("tag.seq");
        Files.write(file, old);
        final Profile read = ProfileFile.read(files, file, "sha256-ab", DISK_PAGES).orElseThrow();
        assertThat(read.bootCount()).isEqualTo(1);
        assertThat(read.sequences().get(0).pageIndex(0)).isEqualTo(0x123456789L);
        assertThat(read.sequences().get(0).startUs(1)).isEqualTo(70_000);
        assertThat(bytes(SequenceEncoder.encode("sha256-ab", DISK_PAGES, SEQUENCE))).isEqualTo(old);
    }

    @Test
    void shouldKeepTheLongestProfileShortEnoughToRead() {
        final Random random = new Random(3);
        final long[] pages = new long[Sequence.MAX_PAGES];
        for (int i = 0; i < pages.length; i++) {
            pages[i] = ((long) i * 65_537 & 0x1ffff) << 16 | random.nextInt(1 << 16);
        }
        final Sequence boot = TestSequences.ofPages(pages);
        Profile profile = Profile.of(boot, DISK_PAGES);
        for (int i = 0; i < 5; i++) {
            profile = profile.learn(new Sequence(pages.clone(), ones(pages.length), late(pages.length))).profile();
            assertThat(profile.variants().stream().mapToInt(Variant::entryCount).sum())
                    .isLessThanOrEqualTo(Profile.MAX_ENTRIES);
        }
        assertThat(ProfileEncoder.encode("s", profile).capacity()).isLessThan(ProfileFile.MAX_LENGTH);
    }

    @Test
    void shouldRefuseBytesThatNobodyWrites() throws IOException {
        final String counts = "01000000" + "01000000" + "00000000" + "00000000";
        final String one = "01000000" + "120100";
        assertThat(ProfileFile.decode("file", ofOneVariant(counts + one + one)).orElseThrow().subject())
                .isEqualTo("s");
        refused(counts + one + one + "00", "1 bytes behind");
        refused(counts + one + "01000000" + "128100", "too long");
        refused(counts + one + "01000000" + "120180", "too early");
        refused(counts + one + "02000000" + "1201ffffffff07" + "020101", "microseconds");
        refused(counts + one + "01000000" + "120181808080808080808000", "too long");
        refused(counts + one + "01000000" + "110100", "an entry at page -9");
        refused(counts + one + "ffffff7f", "entries");
        refused(counts + one, "too early");
        refused(counts + one + "00000000", "empty ones");
        refused("09000000" + counts.substring(8) + one + one, "9 boots");
        refused("01000000" + "00000000" + counts.substring(16) + one + one, "0 merged");
        refused("01000000" + "01000000" + "ffffffff" + counts.substring(24) + one + one, "-1 confirmed");
        refused(counts.substring(0, 24) + "01000000" + "e903e803" + one + one, "a coverage of 1001");
        refused(counts.substring(0, 24) + "06000000" + "00".repeat(24) + one + one, "6 of them judged");
    }

    private static void refused(String body, String why) {
        assertThatThrownBy(() -> ProfileFile.decode("file", ofOneVariant(body)))
                .as(body)
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining(why);
    }

    /** @param body between subject and checksum, in hexadecimal */
    private static ByteBuffer ofOneVariant(String body) {
        final byte[] bytes = HexFormat.of().parseHex("5641525645534551" + "02000000" + "01000000"
                + "0000000002000000" + "01000000" + "00000000" + "73" + body + "00000000");
        final ByteBuffer content = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        final int crcPosition = bytes.length - ProfileFile.CRC_LENGTH;
        return content.putInt(crcPosition, ProfileFile.crc(content, crcPosition));
    }

    private static int[] ones(int length) {
        final int[] counts = new int[length];
        Arrays.fill(counts, 1);
        return counts;
    }

    private static int[] late(int length) {
        final int[] times = new int[length];
        Arrays.setAll(times, i -> i * 900);
        return times;
    }

    @Test
    void shouldNoticeEveryFlippedBit() {
        final byte[] good = bytes(ProfileEncoder.encode("subject", profile()));
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
        for (final int version : new int[] {0, 3, 77}) {
            final byte[] other = bytes(ProfileEncoder.encode("subject", profile()));
            final ByteBuffer content = ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN);
            content.putInt(ProfileFile.VERSION_OFFSET, version);
            final int crcPosition = other.length - ProfileFile.CRC_LENGTH;
            content.putInt(crcPosition, ProfileFile.crc(content, crcPosition));
            assertThatThrownBy(() -> decode(other))
                    .isInstanceOf(FormatVersionException.class)
                    .hasMessageContaining("version " + version)
                    .hasMessageContaining(version == 0 ? "older varve" : "newer varve");
        }
    }

    @Test
    void shouldRefuseAnyLengthButTheRightOne() throws IOException {
        final byte[] good = bytes(ProfileEncoder.encode("subject", profile()));
        for (int length = 0; length < good.length + 40; length++) {
            if (length != good.length) {
                final Path file = directory.resolve("length-" + length);
                Files.write(file, Arrays.copyOf(good, length));
                assertThatThrownBy(() -> ProfileFile.read(files, file, "subject", DISK_PAGES))
                        .as("length %d", length)
                        .isInstanceOf(CorruptDataException.class)
                        .hasMessageContaining(file.toString());
            }
        }
    }

    @Test
    void shouldRefuseNonsenseWithARightChecksum() {
        final ByteBuffer good = ProfileEncoder.encode("subject", profile());
        final ByteBuffer old = SequenceEncoder.encode("subject", DISK_PAGES, SEQUENCE);
        assertThat(refusals(good)).isGreaterThan(1000);
        assertThat(refusals(old)).isGreaterThan(1000);
    }

    private static int refusals(ByteBuffer good) {
        final int crcPosition = good.capacity() - ProfileFile.CRC_LENGTH;
        final Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 5000; i++) {
            final ByteBuffer bad = ByteBuffer.allocate(good.capacity()).order(ByteOrder.LITTLE_ENDIAN);
            bad.put(bytes(good)).rewind();
            final int position = ProfileFile.COUNT_OFFSET
                    + random.nextInt(crcPosition - ProfileFile.COUNT_OFFSET - 3);
            bad.putInt(position, random.nextInt(3) == 0 ? random.nextInt(4) - 2 : random.nextInt());
            bad.putInt(crcPosition, ProfileFile.crc(bad, crcPosition));
            try {
                decode(bytes(bad));
            } catch (final CorruptDataException ex) {
                refused++;
            } catch (final IOException ex) {
                throw new AssertionError("round " + i, ex);
            }
        }
        return refused;
    }

    private static void decode(byte[] content) throws IOException {
        ProfileFile.decode("file", ByteBuffer.wrap(content));
    }

    private static byte[] bytes(ByteBuffer content) {
        final byte[] bytes = new byte[content.capacity()];
        content.get(0, bytes);
        return bytes;
    }
}
