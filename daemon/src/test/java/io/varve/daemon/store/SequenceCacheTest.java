package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.ProfileFile;
import io.varve.daemon.boot.TestSequences;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SequenceCacheTest {

    private static final String SUBJECT = "chain";
    private static final long PAGES = 1000;

    @TempDir
    Path directory;

    private final FileSpace space = new NativeFileSpace();
    private final SequenceCache cache = new SequenceCache(space);

    @Test
    void shouldDecodeAFileOnce() throws IOException {
        write(TestSequences.profile(PAGES, 1, 5), 1);
        Profile first = cache.read(file(), SUBJECT, PAGES).orElseThrow();
        assertThat(cache.read(file(), SUBJECT, PAGES)).containsSame(first);
        assertThat(cache.read(file(), "another chain", PAGES)).isEmpty();
        assertThat(cache.read(file(), SUBJECT, PAGES + 1)).isEmpty();
    }

    @Test
    void shouldSeeThatTheFileWasReplaced() throws IOException {
        write(TestSequences.profile(PAGES, 1, 5), 1);
        Profile first = cache.read(file(), SUBJECT, PAGES).orElseThrow();
        write(TestSequences.profile(PAGES, 7, 8), 2);
        assertThat(cache.read(file(), SUBJECT, PAGES).orElseThrow().sequences().get(0).pageIndex(0)).isEqualTo(7);
        assertThat(first.sequences().get(0).pageIndex(0)).isEqualTo(1);
    }

    @Test
    void shouldSeeThatTheFileIsGone() throws IOException {
        write(TestSequences.profile(PAGES, 1, 5), 1);
        cache.read(file(), SUBJECT, PAGES).orElseThrow();
        Files.delete(file());
        assertThat(cache.read(file(), SUBJECT, PAGES)).isEmpty();
    }

    @Test
    void shouldSeeThatTheFileWasDamaged() throws IOException {
        write(TestSequences.profile(PAGES, 1, 5), 1);
        cache.read(file(), SUBJECT, PAGES).orElseThrow();
        try (BlockFile open = space.open(file(), FileSpace.OpenMode.READ_WRITE)) {
            UnsafeBuffer one = Buffers.alignedDirect(1);
            one.putByte(0, (byte) 99);
            open.write(40, one, 0, 1);
        }
        touch(3);
        assertThatThrownBy(() -> cache.read(file(), SUBJECT, PAGES)).isInstanceOf(CorruptDataException.class);
    }

    private Path file() {
        return directory.resolve("image.seq");
    }

    private void write(Profile profile, long modifiedMs) throws IOException {
        ProfileFile.write(space, directory.resolve("new"), file(), SUBJECT, profile);
        touch(modifiedMs);
    }

    private void touch(long modifiedMs) throws IOException {
        Files.setLastModifiedTime(file(), FileTime.fromMillis(modifiedMs));
    }
}
