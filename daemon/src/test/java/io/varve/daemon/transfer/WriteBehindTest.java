package io.varve.daemon.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteBehindTest {

    @TempDir
    private Path directory;

    private BlockFile file(FileSpace space) throws IOException {
        return space.open(directory.resolve("file"), OpenMode.CREATE_NEW);
    }

    @Test
    void shouldSyncWhileMoreIsWritten() throws Exception {
        CountDownLatch synced = new CountDownLatch(1);
        Thread writer = Thread.currentThread();
        try (BlockFile file = file(new HookedFileSpace() {
            @Override
            void beforeSync(Path path) {
                assertThat(Thread.currentThread()).isNotSameAs(writer);
                synced.countDown();
            }
        }); WriteBehind behind = new WriteBehind(file, 100)) {
            behind.wrote(99);
            assertThat(synced.getCount()).isEqualTo(1);
            behind.wrote(1);
            assertThat(synced.await(30, TimeUnit.SECONDS)).isTrue();
            behind.end();
        }
    }

    @Test
    void shouldNotKeepAFailureToItself() throws Exception {
        CountDownLatch failing = new CountDownLatch(1);
        try (BlockFile file = file(new HookedFileSpace() {
            @Override
            void beforeSync(Path path) throws IOException {
                failing.countDown();
                throw new IOException("the disk is broken");
            }
        }); WriteBehind behind = new WriteBehind(file, 100)) {
            behind.wrote(100);
            assertThat(failing.await(30, TimeUnit.SECONDS)).isTrue();
            assertThatThrownBy(behind::end).isInstanceOf(IOException.class).hasMessage("the disk is broken");
            assertThatThrownBy(() -> behind.wrote(1)).hasMessage("the disk is broken");
        }
    }
}
