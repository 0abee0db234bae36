package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockedFilesTest {

    private static final long MORE_THAN_ANY_MEMORY = 1L << 43;

    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);

    @Test
    void shouldSayOnceThatFilesAreTooLarge() throws Exception {
        try (Workbench bench = new Workbench(directory, directory, 0, out, true);
                LockedFiles locked = new LockedFiles(bench, out)) {
            make(bench.path("large"), MORE_THAN_ANY_MEMORY);
            locked.hold(file -> true);
            make(bench.path("later"), MORE_THAN_ANY_MEMORY);
            locked.hold(file -> true);
            assertThat(said.toString(StandardCharsets.UTF_8).lines())
                    .containsExactly("what is warm may not stay in memory: the files of the run are too large for this "
                            + "machine's memory");
        }
    }

    @Test
    void shouldLeaveSmallFilesAndThoseThatAreNotWanted() throws Exception {
        try (Workbench bench = new Workbench(directory, directory, 0, out, true);
                LockedFiles locked = new LockedFiles(bench, out)) {
            make(bench.path("small"), 1000);
            make(bench.path("neighbour"), MORE_THAN_ANY_MEMORY);
            locked.hold(file -> !file.endsWith("neighbour"));
            assertThat(said.size()).isZero();
        }
    }

    private static void make(Path file, long length) throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(length);
        }
    }
}
