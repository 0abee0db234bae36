package io.varve.daemon.format.vhd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Files that end anywhere, and files with any byte of their headers changed. */
class VhdDamageTest {

    private static final int BLOCK = 1024;

    private static TestVhd differencing() {
        byte[] data = new byte[BLOCK];
        Arrays.fill(data, (byte) 7);
        return TestVhd.differencing(3 * BLOCK, BLOCK).parentName("p.vhd").locator(0, "W2ru", ".\\p.vhd", 1)
                .block(0, data, 0, 1).block(2, data, 1);
    }

    @Test
    void shouldTakeAFixedDiskCutShortForDamaged() {
        byte[] whole = TestVhd.fixed(new byte[1024]).build();
        for (int length = 0; length < whole.length - 1; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> TestVhd.open(cut)).as("cut to %d", length)
                    .isInstanceOf(CorruptDataException.class);
        }
    }

    /** What the copy of the footer still leads to is right, or damaged; it is never other bytes. */
    @Test
    void shouldReadWhatIsLeftOfADifferencingDiskCutShort() throws IOException {
        byte[] whole = differencing().build();
        byte[] disk = Reads.disk(TestVhd.open(whole));
        int sound = 0;
        for (int length = 0; length <= whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            if (VhdFuzzTest.check(cut)) {
                sound++;
                assertThat(Reads.disk(TestVhd.open(cut))).as("cut to %d", length).isEqualTo(disk);
            }
        }
        assertThat(sound).as("lengths from the last block's end on").isEqualTo(513);
    }

    /** The second block begins where the first is, or inside of it. */
    @Test
    void shouldFindBlocksOnTopOfEachOther() throws IOException {
        for (int shift : new int[] {0, 1, 2}) {
            TestVhd made = differencing();
            made.entry(1, made.entry(0) + shift);
            VhdImage image = TestVhd.open(made.build());
            assertThatThrownBy(image::requireSoundTables).as("shift %d", shift)
                    .isInstanceOf(CorruptDataException.class).hasMessageContaining("another block is there")
                    .hasMessageContaining("byte " + (TestVhd.TABLE + 4) + ":");
        }
        TestVhd.open(differencing().build()).requireSoundTables();
        assertThatThrownBy(TestVhd.open(differencing().entry(1, 2).build())::requireSoundTables)
                .isInstanceOf(CorruptDataException.class).hasMessageContaining("the header or the block table");
    }

    @Test
    void shouldNoticeEveryChangedByteOfTheHeader() throws IOException {
        byte[] whole = differencing().build();
        for (int at = 512; at < 512 + 1024; at++) {
            for (int flip : new int[] {1, 0x80, 0xFF}) {
                byte[] changed = whole.clone();
                changed[at] ^= (byte) flip;
                assertThatThrownBy(() -> TestVhd.open(changed)).as("byte %d ^ %x", at, flip)
                        .isInstanceOf(CorruptDataException.class);
            }
        }
    }

    @Test
    void shouldReadTheSameWhateverByteOfOneFooterChanges() throws IOException {
        byte[] whole = differencing().build();
        byte[] disk = Reads.disk(TestVhd.open(whole));
        for (int footer : new int[] {0, whole.length - 512}) {
            for (int at = footer; at < footer + 512; at++) {
                byte[] changed = whole.clone();
                changed[at] ^= 0x41;
                assertThat(Reads.disk(TestVhd.open(changed))).as("byte %d", at).isEqualTo(disk);
            }
        }
    }

    @Test
    void shouldSurviveEveryChangedFieldBehindARightChecksum() throws IOException {
        byte[] whole = differencing().build();
        int refused = 0;
        for (int at = 0; at < 512 + 1024; at++) {
            for (int value : new int[] {0, 1, 0x7F, 0x80, 0xFF}) {
                byte[] changed = whole.clone();
                changed[at] = (byte) value;
                int last = changed.length - 512;
                System.arraycopy(changed, 0, changed, last, 512);
                TestVhd.seal(changed, 0, 512, 64);
                TestVhd.seal(changed, last, 512, 64);
                TestVhd.seal(changed, 512, 1024, 36);
                refused += VhdFuzzTest.check(changed) ? 0 : 1;
            }
        }
        assertThat(refused).isGreaterThan(100);
    }
}
