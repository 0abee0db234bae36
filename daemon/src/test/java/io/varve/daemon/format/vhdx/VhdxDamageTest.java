package io.varve.daemon.format.vhdx;

import static io.varve.daemon.format.vhdx.TestVhdx.METADATA;
import static io.varve.daemon.format.vhdx.TestVhdx.MIB;
import static io.varve.daemon.format.vhdx.TestVhdx.TABLE;
import static io.varve.daemon.format.vhdx.TestVhdx.le;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are cut, damaged, or of a kind that is not read: one typed error each. */
class VhdxDamageTest {

    /** Of a parent, so that everything that can be in a file is in it. */
    private static TestVhdx made() {
        TestVhdx made = new TestVhdx(4 * MIB, MIB, 512, true);
        made.partial(0);
        made.own(0, 7);
        made.full(1);
        made.state(2, 2, 0);
        return made;
    }

    private static TestVhdx madeWithLog() {
        TestVhdx made = made();
        made.withLog();
        new TestLog(5).lengths(made.file.size(), made.file.size()).zero(5 * MIB, 4096)
                .data(5 * MIB + 8192, new byte[4096]).write(made, 0, 0);
        return made;
    }

    /** @return what stopped it; null if it was read to its end */
    private static Throwable read(SparseFile file) {
        return catchThrowable(() -> new Walk(new VhdxImage(file)).everything(100_000));
    }

    private static void assertTyped(Throwable thrown, String where) {
        assertThat(thrown).as(where)
                .satisfiesAnyOf(t -> assertThat(t).isInstanceOf(CorruptDataException.class),
                        t -> assertThat(t).isInstanceOf(UnsupportedImageException.class));
    }

    private static void assertCorrupt(TestVhdx made, long position, String what) {
        assertThat(read(made.file)).isInstanceOf(CorruptDataException.class).hasMessageContaining(what)
                .hasMessageContaining("byte " + position + ":");
    }

    private static void assertUnsupported(TestVhdx made, String what) {
        assertThat(read(made.file)).isInstanceOf(UnsupportedImageException.class).hasMessageContaining(what);
    }

    @Test
    void shouldReadTheFileThatTheOthersAreMadeOf() {
        assertThat(read(made().file)).isNull();
        assertThat(read(madeWithLog().file)).isNull();
    }

    @Test
    void shouldFindBlocksOnTopOfEachOther() throws IOException {
        TestVhdx made = new TestVhdx(40L * MIB, 2 * MIB, 512, true);
        long full = made.full(2);
        made.partial(5);
        made.full(9);
        new VhdxImage(made.file).requireSoundTables();
        for (long position : new long[] {full, full + MIB}) {
            made.state(7, 6, position);
            assertThatThrownBy(new VhdxImage(made.file)::requireSoundTables).isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("another one is there").hasMessageContaining(
                            "byte " + made.entryPosition(7) + ":");
        }
        made.state(7, 0, 0);
        long bitmap = ByteBuffer.wrap(made.file.get(made.bitmapEntryPosition(5), 8)).order(ByteOrder.LITTLE_ENDIAN)
                .getLong() >>> 20 << 20;
        made.state(8, 6, bitmap);
        assertThatThrownBy(new VhdxImage(made.file)::requireSoundTables).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("another one is there");
    }

    @Test
    void shouldMissTheBitmapOfABlockWhenItLooksAtAllTables() throws IOException {
        TestVhdx made = new TestVhdx(5000L * MIB, MIB, 512, true);
        made.partial(4999);
        new VhdxImage(made.file).requireSoundTables();
        made.state(7, 7, made.allocate(MIB));
        assertThatThrownBy(new VhdxImage(made.file)::requireSoundTables).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("byte " + made.bitmapEntryPosition(7) + ":")
                .hasMessageContaining("state of its sector bitmap is 0");
    }

    /** The table goes on to the last sector bitmap: what it says there is about nothing. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldNotLookAtBlocksBehindTheEndOfTheDisk() throws IOException {
        TestVhdx made = made();
        for (int block : new int[] {4, 5, 100, 4095}) {
            made.state(block, 6, 5 * MIB);
        }
        made.state(2000, 4, 0);
        new VhdxImage(made.file).requireSoundTables();
    }

    /** A log may say that the file has any length, and a few bytes may then lead anywhere in it. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldRefuseBlocksWhereNoFileReaches() throws IOException {
        TestVhdx made = new TestVhdx(4096L * MIB, MIB, 512, false);
        made.withLog();
        new TestLog(5).lengths(MIB, Long.MAX_VALUE).zero(5 * MIB, 4096).write(made, 0, 0);
        for (int block = 0; block < 4096; block++) {
            made.state(block, 6, (long) block << 47 | 1L << 46);
        }
        assertThatThrownBy(new VhdxImage(made.file)::requireSoundTables).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("byte " + made.entryPosition(2) + ":");
    }

    @Test
    void shouldRefuseBlocksOnTopOfTables() {
        for (long position : new long[] {0, TestVhdx.LOG, TestVhdx.METADATA, TestVhdx.TABLE}) {
            TestVhdx made = madeWithLog();
            made.state(1, 6, position);
            assertCorrupt(made, made.entryPosition(1), "a block should be at MiB " + (position >> 20));
        }
    }

    /** At every length near where something begins or ends, and at many between. */
    @Test
    void shouldRefuseAFileThatIsCutAnywhere() {
        for (TestVhdx made : new TestVhdx[] {made(), madeWithLog()}) {
            long whole = made.file.size();
            for (long unit = 0; unit < whole; unit += 64 * 1024) {
                for (long length : new long[] {unit, unit + 1, unit + 511, unit + 4096, unit + 40_000}) {
                    if (length < whole) {
                        SparseFile cut = made.file.copy();
                        cut.truncate(length);
                        Throwable thrown = read(cut);
                        // The last bitmap is the end of the file, and only its first bytes are needed.
                        if (length <= whole - MIB) {
                            assertThat(thrown).as("cut to " + length).isInstanceOf(CorruptDataException.class);
                        } else if (thrown != null) {
                            assertTyped(thrown, "cut to " + length);
                        }
                    }
                }
            }
        }
    }

    /** Where a checksum guards the byte, the other copy is read, or nothing. */
    @Test
    void shouldSurviveEveryFlippedByteOfHeadersAndTables() throws IOException {
        TestVhdx made = made();
        String whole = new Walk(new VhdxImage(made.file)).pieces(0, made.size);
        long[][] ranges = {{0, 16}, {64 * 1024, 100}, {128 * 1024, 100}, {192 * 1024, 100}, {256 * 1024, 100}};
        for (long[] range : ranges) {
            for (long at = range[0]; at < range[0] + range[1]; at++) {
                SparseFile flipped = made.file.copy();
                flipped.put(at, (byte) ~made.file.get(at, 1)[0]);
                Throwable thrown = read(flipped);
                if (at < 8) {
                    assertThat(thrown).as("byte " + at).isInstanceOf(CorruptDataException.class);
                } else {
                    assertThat(new Walk(new VhdxImage(flipped)).pieces(0, made.size)).as("byte " + at)
                            .isEqualTo(whole);
                }
            }
        }
    }

    /** Where there is none, anything may be read, but nothing else may happen. */
    @Test
    void shouldSurviveEveryFlippedBitBehindTheChecksums() {
        TestVhdx made = made();
        long[][] ranges = {{METADATA, 32 + 7 * 32}, {METADATA + 64 * 1024, 600}, {TABLE, 40}, {TABLE + 4096 * 8, 8}};
        for (long[] range : ranges) {
            for (long at = range[0]; at < range[0] + range[1]; at++) {
                for (int bit = 0; bit < 8; bit++) {
                    SparseFile flipped = made.file.copy();
                    flipped.put(at, (byte) (made.file.get(at, 1)[0] ^ 1 << bit));
                    Throwable thrown = read(flipped);
                    if (thrown != null) {
                        assertTyped(thrown, "bit " + bit + " of byte " + at);
                    }
                }
            }
        }
    }

    @Test
    void shouldSurviveEveryFlippedByteOfTheLog() {
        TestVhdx made = madeWithLog();
        for (long at = TestVhdx.LOG; at < TestVhdx.LOG + 256; at++) {
            SparseFile flipped = made.file.copy();
            flipped.put(at, (byte) ~made.file.get(at, 1)[0]);
            assertThat(read(flipped)).as("byte " + at).isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("no valid sequence");
        }
    }

    @Test
    void shouldRefuseHeadersThatContradictEachOther() {
        TestVhdx made = made();
        made.header(64 * 1024, 9, TestVhdx.PARENT_GUID, TestVhdx.NO_GUID);
        made.header(128 * 1024, 9, TestVhdx.DATA_WRITE_GUID, TestVhdx.NO_GUID);
        assertCorrupt(made, 64 * 1024 + 8, "same sequence number");
        made.file.put(64 * 1024, (byte) 0);
        made.file.put(128 * 1024, (byte) 0);
        assertCorrupt(made, 64 * 1024, "both headers");
    }

    @Test
    void shouldRefuseOtherVersions() {
        TestVhdx made = made();
        made.file.put(128 * 1024 + 66, (byte) 2);
        made.seal(128 * 1024, 4096);
        assertUnsupported(made, "version 2");
        TestVhdx log = madeWithLog();
        log.file.put(64 * 1024 + 64, (byte) 3);
        log.seal(64 * 1024, 4096);
        assertUnsupported(log, "log of version 3");
    }

    @ParameterizedTest
    @CsvSource({"0, 1048576", "1048577, 1048576", "-1048576, 1048576", "3145728, 0", "3145728, 4096",
        "9223372036853727232, 1048576"})
    void shouldRefuseRegionsThatCannotBeThere(long position, long length) {
        TestVhdx made = made();
        made.regions(192 * 1024, TestVhdx.region(TestVhdx.META, METADATA, MIB, 1),
                TestVhdx.region(TestVhdx.BAT, position, length, 1));
        assertThat(read(made.file)).isInstanceOf(CorruptDataException.class);
    }

    @Test
    void shouldRefuseRegionTablesThatMakeNoSense() {
        byte[] bat = TestVhdx.region(TestVhdx.BAT, TABLE, MIB, 1);
        byte[] metadata = TestVhdx.region(TestVhdx.META, METADATA, MIB, 1);
        TestVhdx made = made();
        made.regions(192 * 1024, bat);
        assertCorrupt(made, 192 * 1024, "no metadata");
        made.regions(192 * 1024, metadata);
        assertCorrupt(made, 192 * 1024, "no block table");
        made.regions(192 * 1024, bat, metadata, bat);
        assertCorrupt(made, 192 * 1024 + 16 + 64, "twice");
        made.regions(192 * 1024, metadata, TestVhdx.region(TestVhdx.BAT, METADATA, MIB, 1));
        assertCorrupt(made, 192 * 1024, "overlap");
        made.regions(192 * 1024, bat, metadata, TestVhdx.region(TestVhdx.LOCATOR, 0, 0, 1));
        assertUnsupported(made, "a region " + TestVhdx.LOCATOR);
        made.file.put(192 * 1024 + 8, le(4).putInt(2048).array());
        made.seal(192 * 1024, 64 * 1024);
        assertCorrupt(made, 192 * 1024 + 8, "2048 regions");
        made.file.put(192 * 1024, (byte) 0);
        made.file.put(256 * 1024, (byte) 0);
        assertCorrupt(made, 192 * 1024, "both region tables");
    }

    @Test
    void shouldRefuseMetadataThatMakesNoSense() {
        TestVhdx made = made();
        made.item("00000000-1111-2222-3333-444444444444", 0, le(4));
        assertThat(read(made.file)).isNull();
        made.item("00000000-1111-2222-3333-444444444444", 4, le(4));
        assertUnsupported(made, "metadata 00000000-1111-2222-3333-444444444444");
        TestVhdx twice = made();
        twice.item(TestVhdx.LOGICAL, 4, le(4).putInt(512));
        assertCorrupt(twice, METADATA + 32 + 6 * 32, "twice");
        TestVhdx many = made();
        many.file.put(METADATA + 10, (byte) -1, (byte) -1);
        assertCorrupt(many, METADATA + 10, "65535 metadata items");
        TestVhdx unsigned = made();
        unsigned.file.put(METADATA, (byte) 0);
        assertCorrupt(unsigned, METADATA, "signature");
        for (int i = 0; i < 6; i++) {
            TestVhdx lacking = made();
            lacking.file.put(METADATA + 32 + 32 * i, (byte) 0x55);
            lacking.file.put(METADATA + 32 + 32 * i + 24, (byte) 0);
            assertCorrupt(lacking, METADATA, "the metadata has no ");
        }
    }

    /** Offset and length of an item in its region of 1 MiB. */
    @ParameterizedTest
    @CsvSource({"0, 8", "65535, 8", "1048569, 8", "-1, 8", "65536, 0", "65536, 1048577", "65536, -1", "65536, 7"})
    void shouldRefuseItemsThatCannotBeThere(int offset, int length) {
        TestVhdx made = made();
        made.file.put(METADATA + 32 + 16, le(8).putInt(offset).putInt(length).array());
        assertThat(read(made.file)).isInstanceOf(CorruptDataException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1 << 19, 1 << 29, 3 << 20, -1, Integer.MIN_VALUE})
    void shouldRefuseOtherBlockSizes(int blockSize) {
        TestVhdx made = made();
        made.file.put(METADATA + 64 * 1024, le(4).putInt(blockSize).array());
        assertCorrupt(made, METADATA + 64 * 1024, "blocks of ");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -512, 513, (64L << 40) + 512, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 511})
    void shouldRefuseOtherSizes(long size) {
        TestVhdx made = made();
        made.diskSize(size);
        assertCorrupt(made, METADATA + 64 * 1024 + 8, "a disk of " + Long.toUnsignedString(size) + " ");
    }

    /** 2^17 blocks and a bit need more than the one MiB that the region has. */
    @Test
    void shouldRefuseABlockTableThatIsTooSmall() {
        TestVhdx made = made();
        made.diskSize((long) MIB << 17);
        assertCorrupt(made, TABLE, "the block table needs ");
        made.diskSize(64L << 40);
        assertCorrupt(made, TABLE, "the block table needs 537001984 bytes");
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 36})
    void shouldRefuseOtherSectorSizes(int index) {
        TestVhdx made = made();
        made.file.put(METADATA + 64 * 1024 + index, le(4).putInt(1024).array());
        assertCorrupt(made, METADATA + 64 * 1024 + index, "sectors of 1024 bytes");
    }

    /** Near 2^63, behind the end, in the headers. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1L << 43, (1L << 44) - 1, 4096, 8})
    void shouldRefuseBlocksOutsideTheFile(long mib) {
        TestVhdx made = made();
        made.file.put(made.entryPosition(1), le(8).putLong(mib << 20 | 6).array());
        assertCorrupt(made, made.entryPosition(1), "a block should be at MiB " + mib);
        TestVhdx bitmap = made();
        bitmap.file.put(bitmap.bitmapEntryPosition(0), le(8).putLong(mib << 20 | 6).array());
        assertThat(read(bitmap.file)).satisfiesAnyOf(thrown -> assertThat(thrown).isNull(),
                thrown -> assertThat(thrown).isInstanceOf(CorruptDataException.class));
    }

    @Test
    void shouldRefuseStatesThatAreNone() {
        TestVhdx four = made();
        four.state(3, 4, 0);
        assertCorrupt(four, four.entryPosition(3), "state 4");
        TestVhdx partial = new TestVhdx(4 * MIB, MIB, 512, false);
        partial.state(3, 7, 0);
        assertCorrupt(partial, partial.entryPosition(3), "state 7, which is none without a parent");
        TestVhdx bitmap = made();
        bitmap.file.put(bitmap.bitmapEntryPosition(0), (byte) 0);
        assertCorrupt(bitmap, bitmap.bitmapEntryPosition(0), "sector bitmap is 0");
    }

    @ParameterizedTest
    @CsvSource({"relative_path, '', no path", "other, x, no path", "relative_path, 'a\u0007b', no path of a parent"})
    void shouldRefuseALocatorWithoutAUsablePath(String key, String value, String what) {
        assertLocator(Map.of(key, value, "parent_linkage", "{" + TestVhdx.PARENT_GUID + "}"), what);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "83ed62be-1234-4abc-9def-0123456789abc", "../x", "{83ed62be-1234-4abc-9def-}"})
    void shouldRefuseALinkageThatIsNoIdentifier(String linkage) {
        assertLocator(Map.of("relative_path", "x", "parent_linkage", linkage), "is no parent_linkage");
        assertLocator(Map.of("relative_path", "x"), "has no parent_linkage");
        assertLocator(Map.of("relative_path", "x".repeat(4097), "parent_linkage", linkage), "no path of a parent");
    }

    private static void assertLocator(Map<String, String> values, String what) {
        TestVhdx made = made();
        move(made, TestVhdx.locator(TestVhdx.VHDX_LOCATOR, values).array());
        assertThat(read(made.file)).isInstanceOf(CorruptDataException.class).hasMessageContaining(what);
    }

    /** Gives the locator, the sixth item, other bytes. */
    private static void move(TestVhdx made, byte[] locator) {
        made.file.put(METADATA + 128 * 1024, locator);
        made.file.put(METADATA + 32 + 5 * 32 + 16, le(8).putInt(128 * 1024).putInt(locator.length).array());
    }

    @Test
    void shouldRefuseOtherLocators() {
        TestVhdx made = made();
        move(made, TestVhdx.locator(TestVhdx.LOCATOR, Map.of("relative_path", "x")).array());
        assertUnsupported(made, "locator of type " + TestVhdx.LOCATOR);
        byte[] locator = TestVhdx.locator(TestVhdx.VHDX_LOCATOR, Map.of("relative_path", "x")).array();
        locator[18] = 100;
        move(made, locator);
        assertCorrupt(made, METADATA + 128 * 1024 + 18, "100 entries");
        locator[18] = 1;
        locator[21] = 100;
        move(made, locator);
        assertCorrupt(made, METADATA + 128 * 1024 + 20, "a text of ");
        locator[21] = 0;
        locator[locator.length - 1] = (byte) 0xd8;
        move(made, locator);
        assertThat(read(made.file)).isInstanceOf(CorruptDataException.class).hasMessageContaining("not UTF-16");
        move(made, new byte[19]);
        assertCorrupt(made, METADATA + 128 * 1024, "a parent locator of 19 bytes");
    }
}
