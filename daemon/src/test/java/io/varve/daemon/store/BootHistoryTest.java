package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.BootCounters;
import io.varve.daemon.boot.LoggedBoot;
import io.varve.daemon.boot.LoggedReads;
import io.varve.daemon.boot.Prediction;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootHistoryTest {

    private static final ImageName IMAGE = ImageName.parse("win/10");

    @TempDir
    private Path root;
    private Store store;
    private BootHistory history;

    @BeforeEach
    void create() throws IOException {
        store = Store.openOrCreate(new NativeFileSpace(), root);
        store.publish(IMAGE, new ImageManifest(4096 << 12, List.of(), Instant.EPOCH, "test", null));
        history = store.bootHistory();
    }

    @Test
    void shouldGiveTheNewestFirst() throws IOException {
        history.keep(IMAGE, boot("a", 1000));
        history.keep(IMAGE, boot(null, 3000));
        history.keep(IMAGE, boot("a", 2000));
        assertThat(history.boots(IMAGE, Optional.empty())).extracting(boot -> boot.start().toEpochMilli())
                .containsExactly(3000L, 2000L, 1000L);
        assertThat(history.boots(IMAGE, Optional.of("a"))).extracting(boot -> boot.start().toEpochMilli())
                .containsExactly(2000L, 1000L);
    }

    @Test
    void shouldKeepTwoThatBeganTogether() throws IOException {
        history.keep(IMAGE, boot("a", 1000));
        history.keep(IMAGE, boot("b", 1000));
        assertThat(history.boots(IMAGE, Optional.empty())).hasSize(2);
    }

    @Test
    void shouldForgetTheOldest() throws IOException {
        for (int i = 0; i < BootHistory.MAX_BOOTS + 2; i++) {
            history.keep(IMAGE, boot("a", 1000 + i));
        }
        List<LoggedBoot> boots = history.boots(IMAGE, Optional.empty());
        assertThat(boots).hasSize(BootHistory.MAX_BOOTS);
        assertThat(boots.get(boots.size() - 1).start()).isEqualTo(Instant.ofEpochMilli(1002));
    }

    @Test
    void shouldPassOverWhatIsDamaged() throws IOException {
        history.keep(IMAGE, boot("a", 1000));
        history.keep(IMAGE, boot("b", 2000));
        List<Path> files = store.space().list(store.layout().boots(IMAGE));
        Files.write(files.get(1), new byte[0]);
        assertThat(history.boots(IMAGE, Optional.empty())).extracting(LoggedBoot::client).containsExactly(
                Optional.of("a"));
    }

    @Test
    void shouldGoWithItsImage() throws IOException {
        history.keep(IMAGE, boot("a", 1000));
        store.remove(IMAGE);
        assertThat(store.layout().boots(IMAGE)).doesNotExist();
        history.keep(IMAGE, boot("a", 2000));
        assertThat(store.layout().boots(IMAGE)).as("it was removed meanwhile").doesNotExist();
        assertThatThrownBy(() -> history.boots(IMAGE, Optional.empty())).isInstanceOf(StoreException.class);
    }

    private static LoggedBoot boot(String client, long startMs) {
        LoggedReads.Builder reads = new LoggedReads.Builder();
        reads.add(0, 0, 600, 0, Place.MEMORY, 0, Prediction.NONE);
        return new LoggedBoot(Optional.ofNullable(client), Instant.ofEpochMilli(startMs), 4096, false,
                BootCounters.ZERO, List.of("00".repeat(32)), reads.build());
    }
}
