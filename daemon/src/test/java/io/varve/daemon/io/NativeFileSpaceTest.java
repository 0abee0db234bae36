package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFileSpaceTest extends FileSpaceContract {

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
    void shouldKeepFilesToTheirOwner() throws IOException {
        space.open(directory.resolve("file"), OpenMode.CREATE_NEW).close();

        assertThat(Files.getPosixFilePermissions(directory.resolve("file")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void shouldSayThatADirectoryIsNoFile() {
        assertThatThrownBy(() -> space.open(directory, OpenMode.READ_WRITE))
                .isInstanceOf(IOException.class)
                .hasMessage("open " + directory + ": Is a directory (EISDIR)");
    }
}
