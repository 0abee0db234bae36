package io.varve.daemon.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.sim.Mutant;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** After no crash is anything ready that is not there, and the suite that says so would notice. */
class CacheCrashTest {

    private static final int SEEDS = 60;

    /** A rule, and the code without it. */
    enum Rule {
        DATA_IS_SYNCED(ChunkPages.class, "data.sync(); crcs.sync();", "crcs.sync();"),
        CHECKSUMS_ARE_SYNCED(ChunkPages.class, "data.sync(); crcs.sync();", "data.sync();"),
        DIGESTS_ARE_SYNCED(CacheUpkeep.class, "files.pages.sync(); files.digests.sync();", "files.pages.sync();"),
        THE_BITMAP_COMES_LAST(CacheUpkeep.class, "files.pages.sync(); files.digests.sync();",
                "files.bitmap.write(blocks); files.pages.sync(); files.digests.sync();"),
        ONLY_WHAT_WAS_SYNCED_IS_WRITTEN(CacheUpkeep.class, "files.bitmap.write(blocks);",
                "blocks = files.bitmap.changedBlocks(files.ready); files.bitmap.write(blocks);"),
        THE_BITMAP_IS_SYNCED(ReadyFile.class, "file.sync(); for (Map.Entry", "for (Map.Entry"),
        WHAT_IS_READY_ON_DISK_IS_NOT_PUNCHED(CacheUpkeep.class,
                "files.allocated.word(word) & ~files.ready.word(word) & ~durable.word(word)",
                "files.allocated.word(word) & ~files.ready.word(word)"),
        WHAT_IS_READ_AT_OPEN_IS_SYNCED(ReadyFile.class, "file.sync(); }", "}"),
        A_BIT_IS_SET_AFTER_THE_BYTES(ChunkIntake.class, "try { writeRuns(take,", "upkeep.arrived(firstChunk);"
                + " try { writeRuns(take,"),
        THE_OLD_BITMAP_GOES_FIRST(CacheFiles.class,
                "space.delete(directory.resolve(READY)); space.syncDirectory(directory);",
                "space.delete(directory.resolve(READY));");

        private final Class<?> victim;
        private final String piece;
        private final String replacement;

        Rule(Class<?> victim, String piece, String replacement) {
            this.victim = victim;
            this.piece = piece;
            this.replacement = replacement;
        }

        Callable<Long> suite() throws IOException, ReflectiveOperationException {
            return new Mutant(victim, piece, replacement).instanceOf(CacheCrashSuite.class);
        }
    }

    @Test
    void shouldHaveWhatIsReadyWhateverCrashes() throws Exception {
        long images = new CacheCrashSuite(SEEDS).call();
        System.out.println("CacheCrashTest: " + images + " crash images");
        assertThat(images).isGreaterThan(10_000);
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void shouldFailWithoutTheRule(Rule rule) throws Exception {
        Callable<Long> suite = rule.suite();
        assertThatThrownBy(suite::call).isInstanceOf(AssertionError.class).hasMessageContaining("seed");
    }
}
