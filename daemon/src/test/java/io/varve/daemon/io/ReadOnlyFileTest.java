package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadOnlyFileTest {

    private static final byte[] CONTENT = {1, 2, 3};

    @TempDir
    Path directory;

    @Test
    void shouldRefuseToChangeTheFileAndSayWhy() throws IOException {
        Path path = Files.write(directory.resolve("file"), CONTENT);
        UnsafeBuffer bytes = Buffers.alignedDirect(Pages.PAGE_SIZE);
        try (BlockFile file = new Shown(new NativeFileSpace().open(path, OpenMode.READ_WRITE))) {
            assertRefused(path, () -> file.write(0, bytes, 0, 1));
            assertRefused(path, file::sync);
            assertRefused(path, () -> file.truncate(0));
            assertRefused(path, () -> file.punchHole(0, 1));
            assertRefused(path, () -> file.zeroRange(0, 1));
        }
        assertThat(path).hasBinaryContent(CONTENT);
    }

    private static void assertRefused(Path path, ThrowingCallable change) {
        assertThatThrownBy(change).isInstanceOf(IOException.class).hasMessage(path + " is only shown");
    }

    /** Nothing of the file. */
    private static final class Shown extends ReadOnlyFile {

        Shown(BlockFile file) {
            super(file, "is only shown");
        }

        @Override
        public long size() {
            return 0;
        }

        @Override
        public int readNow(long position, MutableDirectBuffer destination, int index, int length) {
            throw new AssertionError("read");
        }

        @Override
        public void read(long position, MutableDirectBuffer destination, int index, int length) {
            throw new AssertionError("read");
        }
    }
}
