package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What every {@link FileSpace} does. A subclass says where files live. */
public abstract class FileSpaceContract {

    /** The same for the whole test. */
    protected abstract FileSpace space();

    /** An existing, empty directory. */
    protected abstract Path directory();

    @Test
    void shouldCreateOnce() throws IOException {
        Path path = directory().resolve("file");
        assertThat(space().exists(path)).isFalse();

        space().open(path, OpenMode.CREATE_NEW).close();

        assertThat(space().exists(path)).isTrue();
        assertThatThrownBy(() -> space().open(path, OpenMode.CREATE_NEW))
                .isInstanceOf(FileAlreadyExistsException.class)
                .hasMessageContaining(path.toString());
    }

    @Test
    void shouldNotCreateWhatIsOpened() {
        Path path = directory().resolve("missing");

        for (OpenMode mode : new OpenMode[] {OpenMode.READ, OpenMode.READ_WRITE, OpenMode.READ_WRITE_UNCACHED}) {
            assertThatThrownBy(() -> space().open(path, mode))
                    .isInstanceOf(NoSuchFileException.class)
                    .hasMessageContaining(path.toString());
        }
        assertThat(space().exists(path)).isFalse();
    }

    @Test
    void shouldBeOneFileHoweverItWasOpened() throws IOException {
        Path path = directory().resolve("file");
        UnsafeBuffer pages = Buffers.alignedDirect(2 * Pages.PAGE_SIZE);
        try (BlockFile cached = space().open(path, OpenMode.CREATE_NEW);
                BlockFile uncached = space().open(path, OpenMode.READ_WRITE_UNCACHED)) {
            for (int round = 1; round <= 3; round++) {
                pages.setMemory(0, pages.capacity(), (byte) round);
                cached.write(0, pages, 0, pages.capacity());
                pages.setMemory(0, pages.capacity(), (byte) (10 * round));
                uncached.write(Pages.PAGE_SIZE, pages, 0, pages.capacity());
                cached.sync();

                cached.read(0, pages, 0, pages.capacity());
                assertThat(pages.getByte(Pages.PAGE_SIZE - 1)).isEqualTo((byte) round);
                assertThat(pages.getByte(Pages.PAGE_SIZE)).isEqualTo((byte) (10 * round));
                assertThat(cached.size()).isEqualTo(3 * Pages.PAGE_SIZE);
            }
        }
    }

    @Test
    void shouldRefuseAFileInADirectoryThatIsMissing() {
        assertThatThrownBy(() -> space().open(directory().resolve("missing/file"), OpenMode.CREATE_NEW))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void shouldCreateDirectoriesWithTheirParents() throws IOException {
        Path deep = directory().resolve("a/b/c");

        space().createDirectories(deep);
        space().createDirectories(deep);

        assertThat(space().exists(deep)).isTrue();
        assertThat(space().list(directory().resolve("a"))).containsExactly(directory().resolve("a/b"));
    }

    @Test
    void shouldListChildrenSortedAndNothingDeeper() throws IOException {
        write("b", 1);
        write("a", 1);
        space().createDirectories(directory().resolve("c"));
        write("c/deeper", 1);

        assertThat(space().list(directory()))
                .containsExactly(directory().resolve("a"), directory().resolve("b"), directory().resolve("c"));
        assertThat(space().list(directory().resolve("missing"))).isEmpty();
    }

    @Test
    void shouldReplaceByRename() throws IOException {
        write("old", 1);
        write("new", 2);

        space().rename(directory().resolve("new"), directory().resolve("old"));

        assertThat(space().list(directory())).containsExactly(directory().resolve("old"));
        assertThat(size("old")).isEqualTo(2);
    }

    @Test
    void shouldRenameDirectoriesWithWhatIsInThem() throws IOException {
        space().createDirectories(directory().resolve("tmp/overlay"));
        write("tmp/overlay/data", 3);

        space().rename(directory().resolve("tmp/overlay"), directory().resolve("overlay"));

        assertThat(size("overlay/data")).isEqualTo(3);
        assertThat(space().list(directory().resolve("tmp"))).isEmpty();
    }

    @Test
    void shouldNotRenameWhatIsMissing() {
        assertThatThrownBy(() -> space().rename(directory().resolve("missing"), directory().resolve("new")))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void shouldExchangeDirectoriesWithWhatIsInThem() throws IOException {
        space().createDirectories(directory().resolve("left/one"));
        space().createDirectories(directory().resolve("right/other"));
        write("left/one/data", 3);
        write("right/other/data", 5);

        space().exchange(directory().resolve("left/one"), directory().resolve("right/other"));

        assertThat(size("left/one/data")).isEqualTo(5);
        assertThat(size("right/other/data")).isEqualTo(3);
    }

    @Test
    void shouldNotExchangeWithWhatIsMissing() throws IOException {
        write("file", 1);

        assertThatThrownBy(() -> space().exchange(directory().resolve("file"), directory().resolve("missing")))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(size("file")).isEqualTo(1);
    }

    @Test
    void shouldDeleteFilesAndTakeMissingOnes() throws IOException {
        write("file", 1);

        space().delete(directory().resolve("file"));
        space().delete(directory().resolve("file"));

        assertThat(space().exists(directory().resolve("file"))).isFalse();
    }

    @Test
    void shouldServeAnOpenFileThatWasDeletedOrReplaced() throws IOException {
        write("file", 7);
        UnsafeBuffer buffer = Buffers.alignedDirect(16);
        try (BlockFile open = space().open(directory().resolve("file"), OpenMode.READ)) {
            write("other", 1);
            space().rename(directory().resolve("other"), directory().resolve("file"));
            space().delete(directory().resolve("file"));

            assertThat(open.size()).isEqualTo(7);
            open.read(0, buffer, 0, 7);
        }
    }

    @Test
    void shouldMakeNamesDurable() throws IOException {
        write("file", 1);

        space().syncDirectory(directory());

        assertThat(space().exists(directory().resolve("file"))).isTrue();
        assertThatThrownBy(() -> space().syncDirectory(directory().resolve("missing")))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void shouldTellDirectoriesFromFilesAndTheirSize() throws IOException {
        write("file", 5);
        space().createDirectories(directory().resolve("inner"));

        assertThat(space().isDirectory(directory().resolve("inner"))).isTrue();
        assertThat(space().isDirectory(directory().resolve("file"))).isFalse();
        assertThat(space().isDirectory(directory().resolve("missing"))).isFalse();
        assertThat(space().size(directory().resolve("file"))).isEqualTo(5);
        assertThatThrownBy(() -> space().size(directory().resolve("missing")))
                .isInstanceOf(NoSuchFileException.class);
        assertThat(space().modified(directory().resolve("inner"))).isBeforeOrEqualTo(Instant.now());
        assertThatThrownBy(() -> space().modified(directory().resolve("missing")))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void shouldKeepAnExclusiveLockFromAllOthers() throws IOException {
        write("file", 1);
        Path path = directory().resolve("file");
        try (FileLocks.Lock first = space().tryLock(path, LockKind.SHARED);
                FileLocks.Lock second = space().tryLock(path, LockKind.SHARED)) {
            assertThat(first.file()).isEqualTo(second.file()).isEqualTo(path);
            assertThat(space().tryLock(path, LockKind.EXCLUSIVE)).isNull();
        }
        FileLocks.Lock alone = space().tryLock(path, LockKind.EXCLUSIVE);
        assertThat(space().tryLock(path, LockKind.SHARED)).isNull();
        assertThat(space().tryLock(path, LockKind.EXCLUSIVE)).isNull();
        alone.close();
        alone.close();
        space().tryLock(path, LockKind.SHARED).close();
        assertThatThrownBy(() -> space().tryLock(directory().resolve("missing"), LockKind.SHARED))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void shouldLockTheFileThatTheNameHasNow() throws IOException {
        write("file", 1);
        Path path = directory().resolve("file");
        try (FileLocks.Lock old = space().tryLock(path, LockKind.EXCLUSIVE)) {
            write("new", 1);
            space().rename(directory().resolve("new"), path);
            space().tryLock(path, LockKind.EXCLUSIVE).close();
            assertThat(old.file()).isEqualTo(path);
        }
    }

    private void write(String name, int length) throws IOException {
        try (BlockFile file = space().open(directory().resolve(name), OpenMode.CREATE_NEW)) {
            file.write(0, Buffers.alignedDirect(length), 0, length);
        }
    }

    private long size(String name) throws IOException {
        try (BlockFile file = space().open(directory().resolve(name), OpenMode.READ)) {
            return file.size();
        }
    }
}
