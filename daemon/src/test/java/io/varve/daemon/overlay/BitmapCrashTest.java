package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.sim.Mutant;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No crash makes a dirty bitmap miss a change, and the suite that says so would notice. */
class BitmapCrashTest {

    private static final int SEEDS = 60;

    /** What keeps a bitmap from missing something, and the code without it. */
    enum Rule {
        AFTER_A_CRASH_PAGES_OF_THE_OVERLAY_ARE_DIRTY(Bitmaps.class,
                "loaded[i].widen(states.get());", ""),
        A_BITMAP_IN_USE_IS_NOT_BELIEVED(BitmapFile.class, "new Content(bitmap, OPEN)", "new Content(bitmap, 1)"),
        AN_OVERLAY_WITH_BITMAPS_IS_CLAIMED_AT_EVERY_OPEN(OverlayOpener.class, "asLeft && loaded.isEmpty()", "asLeft"),
        WRITING_MARKS(Overlay.class,
                "beforeStore(pageIndex, pageCount); bitmaps.mark(Pages.offset(pageIndex), Pages.offset(pageCount));"
                        + " try { store(",
                "beforeStore(pageIndex, pageCount); try { store("),
        OVERWRITING_MARKS(Overlay.class, "bitmaps.mark(offset, length);", ""),
        ZEROING_MARKS(Overlay.class,
                "durability.reserve(states, pageIndex, pageCount, ZERO);"
                        + " bitmaps.mark(Pages.offset(pageIndex), Pages.offset(pageCount));",
                "durability.reserve(states, pageIndex, pageCount, ZERO);"),
        THE_NAME_IS_SYNCED(BitmapFile.class,
                "files.rename(fresh, path); files.syncDirectory(directory);", "files.rename(fresh, path);");

        private final Class<?> victim;
        private final String piece;
        private final String replacement;

        Rule(Class<?> victim, String piece, String replacement) {
            this.victim = victim;
            this.piece = piece;
            this.replacement = replacement;
        }

        Callable<Long> suite() throws IOException, ReflectiveOperationException {
            return new Mutant(victim, piece, replacement).instanceOf(BitmapCrashSuite.class);
        }
    }

    @Test
    void shouldMissNothingWhateverCrashes() throws Exception {
        long images = new BitmapCrashSuite(SEEDS).call();
        System.out.println("BitmapCrashTest: " + images + " crash images");
        assertThat(images).isGreaterThan(1_000);
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void shouldFailWithoutTheRule(Rule rule) throws Exception {
        Callable<Long> suite = rule.suite();
        assertThatThrownBy(suite::call).isInstanceOf(AssertionError.class).hasMessageContaining("seed");
    }
}
