package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLocksTest {

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void create() throws IOException {
        file = Files.createFile(directory.resolve("file"));
    }

    @Test
    void shouldShareAmongReaders() throws IOException {
        try (FileLocks.Lock first = FileLocks.tryLock(file, LockKind.SHARED);
                FileLocks.Lock second = FileLocks.tryLock(file, LockKind.SHARED)) {
            assertThat(first.file()).isEqualTo(file);
            assertThat(second).isNotNull();
            assertThat(FileLocks.tryLock(file, LockKind.EXCLUSIVE)).isNull();
        }
        try (FileLocks.Lock alone = FileLocks.tryLock(file, LockKind.EXCLUSIVE)) {
            assertThat(alone).isNotNull();
        }
    }

    @Test
    void shouldKeepEverybodyOutOfWhatIsExclusive() throws IOException {
        FileLocks.Lock held = FileLocks.tryLock(file, LockKind.EXCLUSIVE);

        assertThat(FileLocks.tryLock(file, LockKind.EXCLUSIVE)).isNull();
        assertThat(FileLocks.tryLock(file, LockKind.SHARED)).isNull();

        held.close();
        held.close();
        try (FileLocks.Lock next = FileLocks.tryLock(file, LockKind.SHARED)) {
            assertThat(next).isNotNull();
        }
    }

    @Test
    void shouldStayLockedWhenTheFileIsReadAndClosed() throws IOException {
        try (FileLocks.Lock held = FileLocks.tryLock(file, LockKind.EXCLUSIVE)) {
            Files.readAllBytes(held.file());

            assertThat(FileLocks.tryLock(file, LockKind.SHARED)).isNull();
        }
    }

    @Test
    void shouldNotCreateTheFile() {
        Path missing = directory.resolve("missing");

        assertThatThrownBy(() -> FileLocks.tryLock(missing, LockKind.EXCLUSIVE))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(missing).doesNotExist();
    }

    @Test
    void shouldLockTheFileThatTheNameHasNow() throws IOException {
        try (FileLocks.Lock old = FileLocks.tryLock(file, LockKind.EXCLUSIVE)) {
            Files.move(Files.createFile(directory.resolve("new")), file,
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);

            try (FileLocks.Lock now = FileLocks.tryLock(file, LockKind.EXCLUSIVE)) {
                assertThat(now).isNotNull();
                assertThat(old).isNotNull();
            }
        }
    }

    /** Who deletes under an exclusive lock must not leave somebody with a lock on a file that is gone. */
    @Test
    void shouldNeverHoldAFileThatWasDeletedUnderAnExclusiveLock() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService deleter = Executors.newSingleThreadExecutor();
        Future<?> deletes = deleter.submit(() -> {
            try {
                for (int deleted = 0; deleted < 300; ) {
                    try (FileLocks.Lock held = FileLocks.tryLock(file, LockKind.EXCLUSIVE)) {
                        if (held != null) {
                            Files.delete(held.file());
                            deleted++;
                        }
                    }
                    if (Files.notExists(file)) {
                        Files.createFile(file);
                    }
                }
            } finally {
                done.set(true);
            }
            return null;
        });
        while (!done.get()) {
            try (FileLocks.Lock reader = FileLocks.tryLock(file, LockKind.SHARED)) {
                if (reader != null) {
                    assertThat(Files.exists(file)).isTrue();
                }
            } catch (NoSuchFileException e) {
                assertThat(e.getFile()).isEqualTo(file.toString());
            }
        }
        deletes.get();
        deleter.shutdown();
    }
}
