package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.sim.Mutant;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each rule of the journal is needed, and the crash suite sees when it is broken: it fails without any one of them. */
class OverlayMutationTest {

    /** A rule, and the code without it. */
    enum Rule {
        DATA_IS_SYNCED_BEFORE_A_RECORD(EpochWriter.class,
                "case SYNC_THEN_RECORD -> { data.sync(); journal", "case SYNC_THEN_RECORD -> { journal"),
        DATA_IS_SYNCED_BEFORE_A_CHECKPOINT(EpochWriter.class,
                "void checkpoint(StateSnapshot states) throws IOException { data.sync();",
                "void checkpoint(StateSnapshot states) throws IOException {"),
        OVERWRITTEN_PAYLOAD_NEEDS_A_RECORD(EpochBuilder.class,
                "&& !dirty.overwritten().intersects(dirty.live())", ""),
        OVERWRITTEN_PAYLOAD_IS_REVOKED(EpochBuilder.class, "&& addRevoked(record)", ""),
        REPLAY_HAS_TWO_PASSES(Recovery.class, "removePayloads(first, count);", ""),
        RECOVERY_ENDS_WITH_A_CHECKPOINT(Committer.class,
                "this.checkpointWanted = opened.recovered();", ""),
        CLOSING_SYNCS_WHAT_WAS_OVERWRITTEN(EpochWriter.class,
                "else if (unsaved == Unsaved.DATA) { data.sync(); }", ""),
        RECOVERED_RECORDS_ARE_SYNCED(OverlayOpener.class, "recovery.journal().sync();", ""),
        RECOVERED_DATA_IS_SYNCED(EarlySync.class, "file.sync();", ""),
        THE_NAME_OF_THE_JOURNAL_IS_SYNCED(Journal.class, "files.syncDirectory(path.getParent());", ""),
        THE_NAMES_OF_A_KILLED_OWNER_ARE_SYNCED(OverlayOpener.class,
                "throws IOException { files.syncDirectory(directory); maps", "throws IOException { maps");

        private final Class<?> victim;
        private final String piece;
        private final String replacement;

        Rule(Class<?> victim, String piece, String replacement) {
            this.victim = victim;
            this.piece = piece;
            this.replacement = replacement;
        }

        Callable<Long> suite() throws IOException, ReflectiveOperationException {
            return new Mutant(victim, piece, replacement).instanceOf(OverlayCrashSuite.class);
        }
    }

    @Test
    void shouldPassWithAllRules() throws Exception {
        assertThat(new OverlayCrashSuite().call()).isGreaterThan(10_000);
    }

    /** The replacement changes nothing, so what fails above is the rule and not the way in which it is taken out. */
    @Test
    void shouldPassWithTheSameRuleInOtherWords() throws Exception {
        Mutant same = new Mutant(EpochWriter.class, "case SYNC -> data.sync();", "case SYNC -> { data.sync(); }");
        assertThat(same.instanceOf(OverlayCrashSuite.class).call()).isGreaterThan(10_000);
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void shouldFailWithoutTheRule(Rule rule) throws Exception {
        Callable<Long> suite = rule.suite();
        assertThatThrownBy(suite::call).isInstanceOf(AssertionError.class).hasMessageContaining("power cut");
    }
}
