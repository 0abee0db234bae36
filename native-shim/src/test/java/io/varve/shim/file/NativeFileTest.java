package io.varve.shim.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.shim.Errno;
import io.varve.shim.IoVector;
import io.varve.shim.NativeException;
import io.varve.shim.libc.NativeMemory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFileTest {

    private static final int LENGTH = 8192;

    @TempDir
    private Path directory;

    private final NativeMemory memory = NativeMemory.allocate(LENGTH);
    private Path path;
    private int fd;

    @BeforeEach
    void open() throws NativeException {
        path = directory.resolve("file");
        fd = NativeFile.open(path.toString(), NativeFile.O_RDWR | NativeFile.O_CREAT | NativeFile.O_EXCL, 0600);
    }

    @AfterEach
    void close() throws NativeException {
        NativeFile.close(fd);
    }

    @Test
    void shouldReadWhatWasWrittenAtAPosition() throws Exception {
        put("hello");
        assertThat(NativeFile.pwrite(fd, memory.address(), 5, 10_000)).isEqualTo(5);

        assertThat(Files.size(path)).isEqualTo(10_005);
        assertThat(NativeFile.size(fd)).isEqualTo(10_005);
        assertThat(NativeFile.pread(fd, memory.address() + 100, 50, 10_001)).isEqualTo(4);
        assertThat(text(100, 4)).isEqualTo("ello");
        assertThat(NativeFile.pread(fd, memory.address(), 50, 10_005)).isZero();
    }

    @Test
    void shouldPassPositionsBeyondFourGigabytes() throws Exception {
        long position = (5L << 30) + 3;
        put("far");
        NativeFile.pwrite(fd, memory.address(), 3, position);

        assertThat(NativeFile.size(fd)).isEqualTo(position + 3);
        assertThat(NativeFile.pread(fd, memory.address() + 8, 8, position)).isEqualTo(3);
        assertThat(text(8, 3)).isEqualTo("far");
    }

    @Test
    void shouldKnowTheNumberForDirectWrites() {
        assertThat(NativeFile.directFlag("amd64")).isEqualTo(0x4000);
        // There 0x4000 is O_DIRECTORY.
        assertThat(NativeFile.directFlag("aarch64")).isEqualTo(0x10000);
        assertThat(NativeFile.directFlag("s390x")).isZero();
    }

    /** After it, what the kernel refuses to write past the cache (EINVAL, where the file system can do that). */
    @Test
    void shouldWriteAnythingOnceTheCacheIsUsedAgain() throws Exception {
        put("hello");
        boolean bypassed = NativeFile.bypassCache(fd);

        NativeFile.useCache(fd);

        assertThat(NativeFile.pwrite(fd, memory.address() + 1, 4, 7)).as("bypassed: %s", bypassed).isEqualTo(4);
        assertThat(Files.readString(path)).endsWith("ello");
    }

    @Test
    void shouldFindDataAndHoles() throws Exception {
        NativeFile.ftruncate(fd, 1L << 33);
        NativeFile.pwrite(fd, memory.address(), LENGTH, 1L << 32);

        assertThat(NativeFile.seekData(fd, 0)).isEqualTo(1L << 32);
        assertThat(NativeFile.seekData(fd, (1L << 32) + 5)).isEqualTo((1L << 32) + 5);
        assertThat(NativeFile.seekHole(fd, 0)).isZero();
        assertThat(NativeFile.seekHole(fd, 1L << 32)).isEqualTo((1L << 32) + LENGTH);
        assertThat(NativeFile.seekData(fd, (1L << 32) + LENGTH)).isEqualTo(NativeFile.NO_MORE);
        assertThat(NativeFile.seekHole(fd, 1L << 33)).isEqualTo(NativeFile.NO_MORE);
        assertThatThrownBy(() -> NativeFile.seekData(-1, 0)).isInstanceOf(NativeException.class);
    }

    @Test
    void shouldCountWhatAFileTakesOnDiskAndNotItsHoles() throws Exception {
        assertThat(NativeFile.allocatedLength(fd)).isZero();
        NativeFile.ftruncate(fd, 1L << 30);
        NativeFile.pwrite(fd, memory.address(), LENGTH, 1L << 29);
        NativeFile.fsync(fd);

        assertThat(NativeFile.allocatedLength(fd)).isBetween((long) LENGTH, 1L << 20);
        assertThatThrownBy(() -> NativeFile.allocatedLength(-1)).isInstanceOf(NativeException.class);
    }

    @Test
    void shouldReadWithoutWaitingWhatWasJustWritten() throws Exception {
        put("cached");
        NativeFile.pwrite(fd, memory.address(), 6, 0);
        IoVector vector = new IoVector(1);
        vector.set(0, memory.address() + 200, 100);

        assertThat(NativeFile.preadNoWait(fd, vector.address(), 2)).isEqualTo(4);
        assertThat(text(200, 4)).isEqualTo("ched");
        assertThat(NativeFile.preadNoWait(fd, vector.address(), 6)).isZero();
    }

    @Test
    void shouldMakeHolesThatReadAsZeroAndKeepTheSize() throws Exception {
        put("x".repeat(LENGTH));
        NativeFile.pwrite(fd, memory.address(), LENGTH, 0);

        NativeFile.fallocate(fd, NativeFile.PUNCH_HOLE, 0, 4096);

        assertThat(NativeFile.size(fd)).isEqualTo(LENGTH);
        NativeFile.pread(fd, memory.address(), LENGTH, 0);
        assertThat(text(0, 4096)).isEqualTo("\0".repeat(4096));
        assertThat(text(4096, 4096)).isEqualTo("x".repeat(4096));
    }

    @Test
    void shouldTruncateAndSync() throws Exception {
        NativeFile.ftruncate(fd, 12_345);
        NativeFile.fdatasync(fd);
        NativeFile.fsync(fd);
        NativeFile.fadvise(fd, 0, 4096, NativeFile.ADVICE_WILL_NEED);

        assertThat(Files.size(path)).isEqualTo(12_345);
    }

    @Test
    void shouldTellTheErrnoThatFadviseReturns() {
        NativeException e = catchThrowableOfType(NativeException.class, () -> NativeFile.fadvise(fd, 0, 0, 99));

        assertThat(e.call()).isEqualTo("posix_fadvise");
        assertThat(e.errno()).isEqualTo(Errno.EINVAL);
    }

    @Test
    void shouldTellCallAndErrnoOfEveryFailure() {
        long address = memory.address();
        assertFailure(() -> NativeFile.pread(-1, address, 1, 0), "pread", Errno.EBADF);
        assertFailure(() -> NativeFile.pread(fd, address, 1, -1), "pread", Errno.EINVAL);
        assertFailure(() -> NativeFile.preadNoWait(-1, address, 0), "preadv2", Errno.EBADF);
        assertFailure(() -> NativeFile.pwrite(-1, address, 1, 0), "pwrite", Errno.EBADF);
        assertFailure(() -> NativeFile.size(-1), "lseek", Errno.EBADF);
        assertFailure(() -> NativeFile.fdatasync(-1), "fdatasync", Errno.EBADF);
        assertFailure(() -> NativeFile.fsync(-1), "fsync", Errno.EBADF);
        assertFailure(() -> NativeFile.ftruncate(fd, -1), "ftruncate", Errno.EINVAL);
        assertFailure(() -> NativeFile.fallocate(fd, NativeFile.PUNCH_HOLE, 0, 0), "fallocate", Errno.EINVAL);
        assertFailure(() -> NativeFile.tryLock(-1, LockKind.SHARED), "fcntl", Errno.EBADF);
        assertFailure(() -> NativeFile.close(-1), "close", Errno.EBADF);
    }

    @Test
    void shouldNameThePathThatCannotBeOpened() {
        assertThatThrownBy(() -> NativeFile.open(directory.resolve("missing").toString(), NativeFile.O_RDONLY, 0))
                .hasMessage("open " + directory.resolve("missing") + ": No such file or directory (ENOENT)");
    }

    @Test
    void shouldExcludeOtherDescriptionsOfTheSameProcess() throws Exception {
        int other = NativeFile.open(path.toString(), NativeFile.O_RDWR, 0);

        assertThat(NativeFile.tryLock(fd, LockKind.EXCLUSIVE)).isTrue();
        assertThat(NativeFile.tryLock(other, LockKind.SHARED)).isFalse();
        assertThat(NativeFile.tryLock(other, LockKind.EXCLUSIVE)).isFalse();
        NativeFile.unlock(fd);
        assertThat(NativeFile.tryLock(other, LockKind.SHARED)).isTrue();
        assertThat(NativeFile.tryLock(fd, LockKind.SHARED)).isTrue();
        assertThat(NativeFile.tryLock(fd, LockKind.EXCLUSIVE)).isFalse();
        NativeFile.close(other);
        assertThat(NativeFile.tryLock(fd, LockKind.EXCLUSIVE)).isTrue();
    }

    @Test
    void shouldKeepALockWhenAnotherDescriptorOfTheFileIsClosed() throws Exception {
        int other = NativeFile.open(path.toString(), NativeFile.O_RDWR, 0);
        NativeFile.tryLock(fd, LockKind.EXCLUSIVE);

        NativeFile.close(NativeFile.open(path.toString(), NativeFile.O_RDWR, 0));

        assertThat(NativeFile.tryLock(other, LockKind.EXCLUSIVE)).isFalse();
        NativeFile.close(other);
    }

    private void put(String text) {
        memory.buffer().put(0, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private String text(int index, int length) {
        byte[] bytes = new byte[length];
        memory.buffer().get(index, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static void assertFailure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String name,
            int errno) {
        NativeException e = catchThrowableOfType(NativeException.class, call);
        assertThat(e).as(name).isNotNull();
        assertThat(e.call()).isEqualTo(name);
        assertThat(e.errno()).isEqualTo(errno);
    }
}
