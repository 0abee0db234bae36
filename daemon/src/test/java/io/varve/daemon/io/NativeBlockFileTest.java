package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeBlockFileTest extends BlockFileContract {

    private final FileSpace space = new NativeFileSpace();

    @TempDir
    private Path directory;

    @Override
    protected FileSpace space() {
        return space;
    }

    @Override
    protected Path directory() {
        return directory;
    }

    @Test
    void shouldRefuseBuffersThatTheCollectorMoves() {
        UnsafeBuffer onHeap = new UnsafeBuffer(new byte[16]);

        assertThatIllegalArgumentException().isThrownBy(() -> file.read(0, onHeap, 0, 16));
        assertThatIllegalArgumentException().isThrownBy(() -> file.readNow(0, onHeap, 0, 16));
        assertThatIllegalArgumentException().isThrownBy(() -> file.write(0, onHeap, 0, 16));
    }

    @Test
    void shouldTellDataFromHoles() throws IOException {
        file.truncate(100_000);
        buffer.setMemory(0, 4096, (byte) 'x');
        file.write(40_960, buffer, 0, 4096);

        assertThat(file.nextData(0)).isEqualTo(40_960);
        assertThat(file.nextHole(40_960)).isEqualTo(45_056);
        assertThat(file.nextData(45_056)).isEqualTo(100_000);
        assertThat(file.nextHole(99_999)).isEqualTo(99_999);
    }

    @Test
    void shouldPunchHolesThatReadAsZero() throws IOException {
        buffer.setMemory(0, 12_288, (byte) 'x');
        file.write(0, buffer, 0, 12_288);

        file.punchHole(4096, 4096);

        assertThat(read(4096, 4096)).isEqualTo("\0".repeat(4096));
    }

    @Test
    void shouldWriteZerosWhereTheFileSystemHasNoCallForIt() throws IOException {
        NativeBlockFile nativeFile = (NativeBlockFile) file;
        int length = 200_000;
        for (int position = 0; position < length; position += 50_000) {
            buffer.setMemory(0, 50_000, (byte) 'x');
            file.write(position, buffer, 0, 50_000);
        }

        nativeFile.writeZeros(1, length - 2);

        byte[] bytes = Files.readAllBytes(path);
        assertThat(bytes).hasSize(length);
        assertThat(bytes[0]).isEqualTo((byte) 'x');
        assertThat(bytes[length - 1]).isEqualTo((byte) 'x');
        for (int i = 1; i < length - 1; i++) {
            assertThat(bytes[i]).as("byte %d", i).isZero();
        }
    }

    /** As if the disk had larger blocks than a page: the kernel refuses, for the same reason. */
    @Test
    void shouldWriteThroughTheCacheWhatTheDiskRefusesToTakeWithoutIt() throws IOException {
        try (BlockFile uncached = space.open(path, OpenMode.READ_WRITE_UNCACHED)) {
            buffer.setMemory(0, 20_000, (byte) 'x');
            uncached.write(0, buffer, 0, 8192);
            uncached.write(8191, buffer, 3, 10_001);
            uncached.write(18_192, buffer, 0, 1);
        }

        assertThat(Files.readString(path)).isEqualTo("x".repeat(18_193));
    }

    @Test
    void shouldSayThatTheDiskIsFull() throws IOException {
        // The device that is always full: the error is a real one of the kernel.
        try (BlockFile full = space.open(Path.of("/dev/full"), OpenMode.READ_WRITE)) {
            assertThatThrownBy(() -> full.write(4096, buffer, 0, 100))
                    .isInstanceOf(NoSpaceException.class)
                    .hasMessage("/dev/full: cannot write 100 bytes at 4096:"
                            + " pwrite: No space left on device (ENOSPC)");
        }
    }

    @Test
    void shouldTakeAFullQuotaForAFullDisk() {
        for (int errno : new int[] {Errno.EDQUOT, Errno.ENOSPC}) {
            assertThat(NativeBlockFile.failure("x", new NativeException("pwrite", errno)))
                    .isInstanceOf(NoSpaceException.class);
        }
        assertThat(NativeBlockFile.failure("x", new NativeException("pwrite", Errno.EIO)))
                .isExactlyInstanceOf(IOException.class).hasMessage("x");
    }

    @Test
    void shouldNameFilePositionAndCauseOfAFailure() throws IOException {
        try (BlockFile reader = space.open(path, OpenMode.READ)) {
            assertThatThrownBy(() -> reader.write(8192, buffer, 0, 4096))
                    .hasMessage(path + ": cannot write 4096 bytes at 8192: pwrite: Bad file descriptor (EBADF)");
            assertThatThrownBy(() -> reader.truncate(1)).hasMessageStartingWith(path + ": cannot set its size to 1");
        }
    }

    @Test
    void shouldNotReachTheSuccessorOfAClosedFile() throws IOException {
        buffer.putStringWithoutLengthAscii(0, "secret");
        file.close();
        try (BlockFile successor = space.open(directory.resolve("successor"), OpenMode.CREATE_NEW)) {
            successor.write(0, buffer, 0, 6);

            assertThatThrownBy(() -> file.read(0, buffer, 0, 6)).hasMessage(path + " is closed");
            file.close();

            assertThat(successor.size()).isEqualTo(6);
        }
    }
}
