package io.varve.it.crash;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.it.tool.RawImages;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The oracle itself can fail. */
class PageOracleTest {

    @TempDir
    Path directory;

    private PageOracle oracle;

    @BeforeEach
    void importThreePages() {
        oracle = new PageOracle(RawImages.mixed(directory.resolve("a.raw"), 3 * PageOracle.PAGE_SIZE, 1), 3);
    }

    private int written(int page) {
        int version = oracle.newVersion();
        oracle.onSubmitted(page, version);
        oracle.onAcknowledged(page, version);
        return version;
    }

    private void assertLost(int page, byte[] content) {
        assertThatThrownBy(() -> oracle.check(page, content, "test"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("page " + page);
    }

    @Test
    void shouldAllowOldAndNewBeforeAFlush() {
        int version = written(1);

        oracle.check(1, oracle.content(1, 0), "old");
        assertLost(1, oracle.content(1, version));
    }

    @Test
    void shouldDemandWhatWasFlushed() {
        int version = written(1);
        oracle.onFlushed(oracle.acknowledged());

        assertLost(1, oracle.content(1, 0));
        oracle.check(1, oracle.content(1, version), "new");
    }

    @Test
    void shouldNotDemandWhatCameAfterTheFlushWasSent() {
        written(1);
        int[] covered = oracle.acknowledged();
        int later = written(1);
        oracle.onFlushed(covered);

        assertLost(1, oracle.content(1, 0));
        oracle.check(1, oracle.content(1, later), "later");
    }

    @Test
    void shouldRefuseAMixture() {
        int version = written(2);
        byte[] mixture = oracle.content(2, version);
        System.arraycopy(oracle.content(2, 0), 0, mixture, 0, 512);

        assertLost(2, mixture);
    }

    @Test
    void shouldRefuseThePageOfANeighbour() {
        int version = written(2);
        oracle.onSubmitted(1, version);

        assertLost(1, oracle.content(2, version));
    }
}
