package io.varve.daemon.format.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.TruncatedFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is refused, in which words; and what looks odd and is read. */
class Qcow2RefusalTest {

    private static final int CLUSTER = 1 << 16;

    @Test
    void shouldRefuseWhatIsNotReadHereAndSayWhatToDo() throws IOException {
        assertUnsupported(made().putInt(32, 1), "is encrypted (AES): convert");
        assertUnsupported(made().putInt(32, 2), "is encrypted (LUKS): convert");
        assertUnsupported(made().putLong(72, 2), "is marked corrupt", "qemu-img check -r all");
        assertUnsupported(made().putLong(72, 4), "external file", "qemu-img convert");
        assertUnsupported(made().putInt(4, 1), "version 1");
        assertUnsupported(made().putInt(4, 4), "version 4");
        assertUnsupported(made().putInt(20, 22), "clusters of 2^22 bytes");
        assertUnsupported(made().putLong(24, 0), "0 bytes");
        assertUnsupported(made().putLong(72, 8).putInt(104, 2 << 24), "compressed in way 2");
    }

    @Test
    void shouldNameUnknownFeatures() throws IOException {
        assertUnsupported(made().putLong(72, 1L << 40), "uses incompatible feature 40: ");
        HandMadeQcow2 made = made().putLong(72, 1L << 7 | 1L << 63);
        byte[] names = new byte[96];
        byte[] other = "for others".getBytes(StandardCharsets.US_ASCII);
        byte[] name = "striped \u0007 disk".getBytes(StandardCharsets.US_ASCII);
        names[0] = 1;
        names[1] = 7;
        System.arraycopy(other, 0, names, 2, other.length);
        names[49] = 7;
        System.arraycopy(name, 0, names, 50, name.length);
        made.extension(112, 0x6803f857, names);
        assertUnsupported(made, "uses incompatible feature 7 (striped ? disk), incompatible feature 63: ");
    }

    @Test
    void shouldFindClustersThatTwoClaim() throws IOException {
        HandMadeQcow2 made = made();
        int data = made.data(0, new byte[] {1});
        made.data(1, new byte[] {2});
        requireSoundTables(made);
        for (long bits : new long[] {0, HandMadeQcow2.COPIED}) {
            made.entry(2, data | bits);
            assertThatThrownBy(() -> requireSoundTables(made)).isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("byte " + made.entryPosition(2) + ":")
                    .hasMessageContaining("the only one");
        }
        // Nobody claims it alone: a program that knows of equal clusters may have written it so.
        made.entry(0, data);
        made.entry(2, data);
        requireSoundTables(made);
    }

    @Test
    void shouldRefuseWhatIsInTheFirstTable() throws IOException {
        HandMadeQcow2 made = made();
        made.entry(1, made.l1Position() | HandMadeQcow2.COPIED);
        assertThatThrownBy(() -> Shown.of(new Qcow2Image(made.file()))).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("in the first table");
        HandMadeQcow2 looped = made().putLong(made().l1Position(), made().l1Position());
        assertThatThrownBy(() -> Shown.of(new Qcow2Image(looped.file()))).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("in the first table");
    }

    private static void requireSoundTables(HandMadeQcow2 made) throws IOException {
        try (Qcow2Image image = new Qcow2Image(made.file())) {
            image.requireSoundTables();
        }
    }

    @Test
    void shouldRefuseDamagedHeaders() throws IOException {
        assertCorrupt(made().putInt(0, 0x514649fa), 0);
        assertCorrupt(made().putInt(20, 8), 20);
        assertCorrupt(made().putInt(20, -1), 20);
        assertCorrupt(made().putLong(24, -512), 24);
        assertCorrupt(made().putLong(24, Long.MAX_VALUE), 36);
        assertCorrupt(made().putLong(24, Long.MAX_VALUE).putInt(36, -1), 36);
        assertCorrupt(made().putInt(36, 0), 36);
        assertCorrupt(made().putLong(40, 0), 40);
        assertCorrupt(made().putLong(40, CLUSTER + 512), 40);
        assertCorrupt(made().putLong(40, 1L << 62), 40);
        assertCorrupt(made().putLong(40, -CLUSTER), 40);
        assertCorrupt(made().putLong(72, 8), 104);
        assertCorrupt(made().putInt(104, 1 << 24), 104);
        assertCorrupt(made().putInt(96, 7), 96);
        assertCorrupt(made().putInt(100, 96), 100);
        assertCorrupt(made().putInt(100, 108), 100);
        assertCorrupt(made().putInt(100, -8), 100);
        assertCorrupt(new HandMadeQcow2(3, 13, 4096).putLong(72, 16), 20);
        assertCorrupt(made().putInt(112, 0x12345678).putInt(116, -1), 116);
    }

    @Test
    void shouldReadAFileThatIsOnlyMarkedDirty() throws IOException {
        try (Qcow2Image image = new Qcow2Image(made().putLong(72, 1).file())) {
            assertThat(Shown.of(image).pieces()).hasSize(3);
        }
    }

    @Test
    void shouldRefuseDamagedTables() throws IOException {
        long l1 = made().l1Position();
        long l2 = made().entryPosition(1);
        assertDamagedTable(made().putLong(l1, CLUSTER + 512), l1);
        assertDamagedTable(made().putLong(l1, 512), l1);
        assertDamagedTable(made().putLong(l1, 1L << 50), l1);
        assertDamagedTable(made().putLong(l1, 2L * CLUSTER | 1L << 60), l1);
        assertDamagedTable(made().entry(1, 3L * CLUSTER | 2), l2);
        assertDamagedTable(made().entry(1, 3L * CLUSTER | 1L << 56), l2);
        assertDamagedTable(made().entry(1, 3L * CLUSTER + 512), l2);
        assertDamagedTable(made().entry(1, 1L << 55), l2);
        assertDamagedTable(made().entry(1, made().end()), l2);
        assertDamagedTable(made().entry(1, HandMadeQcow2.COMPRESSED | 4096), 4096);
        assertDamagedTable(made().entry(1, HandMadeQcow2.COMPRESSED | 1L << 53), 1L << 53);
        assertDamagedTable(new HandMadeQcow2(2, 16, 3 * CLUSTER).entry(1, 1), l2);
        HandMadeQcow2 extended = new HandMadeQcow2(3, 16, 3 * CLUSTER, true);
        int entry = extended.entryPosition(1);
        assertDamagedTable(extended.subclusters(1, 0, 1), entry + 8);
        int data = extended.allocate(CLUSTER);
        assertDamagedTable(extended.entry(1, data).subclusters(1, 2, 2), entry + 8);
        assertDamagedTable(extended.entry(1, data | 1).subclusters(1, 0, 0), entry);
    }

    @Test
    void shouldSayWhatTheParentIs() throws IOException {
        assertThat(parent(made())).isEmpty();
        assertThat(parent(made().backing("base.img", "raw"))).contains(link("base.img", ImageFormat.RAW));
        assertThat(parent(made().backing("/a/b.qcow2", "qcow2"))).contains(link("/a/b.qcow2", ImageFormat.QCOW2));
        assertThat(parent(made().backing("file:b", "vpc"))).contains(link("b", ImageFormat.VHD));
        assertThat(parent(made().backing("./x:y", "vhdx"))).contains(link("./x:y", ImageFormat.VHDX));
        assertThat(parent(new HandMadeQcow2(2, 9, 512).backing("\u00e4\u20ac", null)))
                .contains(new ParentLink(List.of("\u00e4\u20ac"), Optional.empty(), Optional.empty()));
        assertThat(parent(made().backing("", "raw"))).isEmpty();
    }

    @Test
    void shouldRefuseParentsThatAreNoFiles() throws IOException {
        assertUnsupported(made().backing("json:{\"file\":1}", "qcow2"), "by a protocol or a description");
        assertUnsupported(made().backing("nbd://host/x", "raw"), "by a protocol or a description");
        assertUnsupported(made().backing("file:", "raw"), "by a protocol or a description");
        assertUnsupported(made().backing("a", "vmdk"), "of format 'vmdk'");
        HandMadeQcow2 latin = made().backing("abc", "raw");
        latin.put(112 + 8 + 8 + 8, new byte[] {(byte) 0xff});
        assertUnsupported(latin, "not in UTF-8");
        assertCorrupt(made().backing("a\0b", "raw"), 136);
        assertCorrupt(made().backing("a", "raw").putInt(16, 1024), 16);
        assertCorrupt(made().backing("a", "raw").putInt(16, -1), 16);
        assertCorrupt(made().backing("a", "raw").putLong(8, -1), 8);
        assertCorrupt(made().backing("a", "raw").putLong(8, CLUSTER + 1), 8);
        assertCorrupt(made().backing("a", "raw").putLong(8, 50), 8);
    }

    @Test
    void shouldAnswerAFileThatWasCutAnywhere() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(3, 9, 512 * 70).backing("base", "raw");
        made.data(0, new byte[512]);
        made.compressed(1, HandMadeQcow2.deflated(new byte[512]), 9);
        made.data(69, new byte[] {1});
        byte[] whole = made.bytes();
        for (int length = 0; length < whole.length; length++) {
            try (Qcow2Image image = new Qcow2Image(HandMadeQcow2.file(Arrays.copyOf(whole, length)))) {
                Shown.of(image);
                throw new AssertionError("read whole, though it was cut at " + length);
            } catch (CorruptDataException | TruncatedFileException e) {
                assertThat(e).hasMessageStartingWith("/image.qcow2 ");
            }
        }
    }

    @Test
    void shouldAnswerAnyByteOfTheHeaderFlipped() throws IOException {
        HandMadeQcow2 made = new HandMadeQcow2(3, 9, 512 * 70).backing("base", "raw");
        made.data(0, new byte[512]);
        int refused = 0;
        for (int index = 0; index < 160; index++) {
            for (int mask : new int[] {1, 0x80, 0xff}) {
                byte[] bytes = made.bytes();
                bytes[index] ^= (byte) mask;
                try (Qcow2Image image = new Qcow2Image(HandMadeQcow2.file(bytes))) {
                    Shown.of(image);
                } catch (CorruptDataException | UnsupportedImageException e) {
                    refused++;
                }
            }
        }
        assertThat(refused).isBetween(100, 400);
    }

    private static HandMadeQcow2 made() {
        HandMadeQcow2 made = new HandMadeQcow2(3, 16, 3 * CLUSTER);
        made.data(0, new byte[] {1});
        made.entry(2, 1);
        return made;
    }

    private static Optional<ParentLink> parent(HandMadeQcow2 made) throws IOException {
        try (Qcow2Image image = new Qcow2Image(made.file())) {
            return image.parent();
        }
    }

    private static ParentLink link(String path, ImageFormat format) {
        return new ParentLink(List.of(path), Optional.empty(), Optional.of(format));
    }

    private static void assertUnsupported(HandMadeQcow2 made, String... texts) {
        assertThatThrownBy(() -> new Qcow2Image(made.file()))
                .isInstanceOf(UnsupportedImageException.class)
                .hasMessageStartingWith("/image.qcow2 ")
                .hasMessageContainingAll(texts);
    }

    private static void assertCorrupt(HandMadeQcow2 made, long position) {
        assertThatThrownBy(() -> new Qcow2Image(made.file()))
                .isInstanceOfSatisfying(CorruptDataException.class, e -> assertThat(e.position()).isEqualTo(position));
    }

    private static void assertDamagedTable(HandMadeQcow2 made, long position) throws IOException {
        try (Qcow2Image image = new Qcow2Image(made.file())) {
            assertThatThrownBy(() -> Shown.of(image)).isInstanceOfSatisfying(
                    CorruptDataException.class, e -> assertThat(e.position()).isEqualTo(position));
        }
    }
}
