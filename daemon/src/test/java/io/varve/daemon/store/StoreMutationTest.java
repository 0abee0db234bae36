package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.sim.Mutant;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each sync of the store and of its layers is needed, and the crash suite fails without any one of them. */
class StoreMutationTest {

    /** A rule, and the code without it. */
    enum Rule {
        DOCUMENTS_ARE_SYNCED("store.SmallFiles",
                "open.write(0, buffer, 0, content.length); open.sync();", "open.write(0, buffer, 0, content.length);"),
        NAMES_OF_DOCUMENTS_ARE_SYNCED("store.SmallFiles",
                "space.rename(fresh, file); space.syncDirectory(file.getParent());", "space.rename(fresh, file);"),
        THE_EXCHANGE_OF_A_SNAPSHOT_IS_SYNCED("store.Snapshot", "space.syncDirectory(client.getParent());", ""),
        WHAT_IS_FROZEN_IS_CHECKPOINTED("store.Snapshot", "present.checkpoint();", ""),
        OVERLAYS_THAT_WERE_DROPPED_ARE_GONE("store.OverlayCatalogue",
                "space.syncDirectory(directory.getParent());", ""),
        BLOBS_ARE_SYNCED("layer.LayerSeal", "work.syncBlob();", ""),
        MAPS_ARE_SYNCED("layer.LayerSeal", "work.map.sync();", ""),
        NAMES_OF_LAYERS_ARE_SYNCED("layer.LayerSeal",
                "LayerFiles.manifest(layersDirectory, id)); space.syncDirectory(layersDirectory);",
                "LayerFiles.manifest(layersDirectory, id));"),
        NAMES_OF_BLOBS_ARE_SYNCED("layer.LayerSeal",
                "space.syncDirectory(LayerFiles.blobs(layersDirectory));", "");

        private final String victim;
        private final String piece;
        private final String replacement;

        Rule(String victim, String piece, String replacement) {
            this.victim = victim;
            this.piece = piece;
            this.replacement = replacement;
        }

        Callable<Long> suite() throws IOException, ReflectiveOperationException {
            return new Mutant(Class.forName("io.varve.daemon." + victim), piece, replacement)
                    .instanceOf(StoreCrashSuite.class);
        }
    }

    @Test
    void shouldPassWithAllRules() throws Exception {
        assertThat(new StoreCrashSuite().call()).isGreaterThan(300);
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void shouldFailWithoutTheRule(Rule rule) throws Exception {
        Callable<Long> suite = rule.suite();
        assertThatThrownBy(suite::call).isInstanceOf(AssertionError.class).hasMessageContaining("power cut");
    }
}
