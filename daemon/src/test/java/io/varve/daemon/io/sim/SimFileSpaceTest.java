package io.varve.daemon.io.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NoSpaceException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimFileSpaceTest {

    private static final Path FILE = Path.of("/d/f");
    private static final Path OTHER = Path.of("/d/g");
    private static final Path DIRECTORY = Path.of("/d");

    private final SimFileSpace disk = new SimFileSpace();
    private final UnsafeBuffer buffer = Buffers.alignedDirect(16384);

    @BeforeEach
    void makeDirectory() throws IOException {
        disk.createDirectories(DIRECTORY);
        disk.syncDirectory(Path.of("/"));
    }

    private BlockFile create(Path path) throws IOException {
        BlockFile file = disk.open(path, OpenMode.CREATE_NEW);
        disk.syncDirectory(DIRECTORY);
        return file;
    }

    private void write(BlockFile file, long position, int length, int value) throws IOException {
        buffer.setMemory(0, length, (byte) value);
        file.write(position, buffer, 0, length);
    }

    /** One letter per sector, the size, or that the file is missing. */
    private static String content(SimFileSpace disk, Path path) throws IOException {
        if (!disk.exists(path)) {
            return "missing";
        }
        StringBuilder text = new StringBuilder();
        UnsafeBuffer sector = Buffers.alignedDirect(512);
        try (BlockFile file = disk.open(path, OpenMode.READ)) {
            for (long at = 0; at < file.size(); at += 512) {
                int length = (int) Math.min(512, file.size() - at);
                file.read(at, sector, 0, length);
                assertThat(sector.getByte(0)).isEqualTo(sector.getByte(length - 1));
                text.append((char) (sector.getByte(0) == 0 ? '.' : sector.getByte(0)));
            }
        }
        return text.toString();
    }

    private Set<String> images(Path path) throws IOException {
        Set<String> seen = new TreeSet<>();
        AllChoices choices = new AllChoices(3000, 1);
        while (choices.next()) {
            seen.add(content(disk.crash(choices), path));
        }
        return seen;
    }

    @Test
    void shouldKeepWhatWasSyncedAndAnyPartOfTheRest() throws IOException {
        BlockFile file = create(FILE);
        write(file, 0, 1024, 'a');
        file.sync();
        assertThat(images(FILE)).containsExactly("aa");
        write(file, 0, 1024, 'b');
        assertThat(images(FILE)).containsExactlyInAnyOrder("aa", "ab", "ba", "bb");
        write(file, 512, 512, 'c');
        assertThat(images(FILE)).containsExactlyInAnyOrder("aa", "ab", "ba", "bb", "ac", "bc");
        file.sync();
        assertThat(images(FILE)).containsExactly("bc");
    }

    @Test
    void shouldTearAtSectorsOfTheDisk() throws IOException {
        BlockFile file = create(FILE);
        write(file, 0, 1024, 'a');
        file.sync();
        buffer.setMemory(0, 200, (byte) 'b');
        file.write(412, buffer, 0, 200);
        Set<Integer> changed = new TreeSet<>();
        AllChoices choices = new AllChoices(100, 1);
        while (choices.next()) {
            try (BlockFile image = disk.crash(choices).open(FILE, OpenMode.READ)) {
                image.read(412, buffer, 1024, 200);
                changed.add((buffer.getByte(1024) == 'b' ? 1 : 0) + (buffer.getByte(1024 + 99) == 'b' ? 2 : 0)
                        + (buffer.getByte(1024 + 100) == 'b' ? 4 : 0) + (buffer.getByte(1024 + 199) == 'b' ? 8 : 0));
            }
        }
        assertThat(changed).containsExactlyInAnyOrder(0, 3, 12, 15);
    }

    @Test
    void shouldLoseSizeAndContentIndependently() throws IOException {
        BlockFile file = create(FILE);
        write(file, 0, 512, 'a');
        file.sync();
        write(file, 512, 512, 'b');
        assertThat(images(FILE)).containsExactlyInAnyOrder("a", "a.", "ab");
        file.sync();
        file.truncate(512);
        assertThat(images(FILE)).containsExactlyInAnyOrder("a", "ab");
    }

    @Test
    void shouldLoseNamesUntilTheirDirectoryIsSynced() throws IOException {
        BlockFile file = disk.open(FILE, OpenMode.CREATE_NEW);
        write(file, 0, 512, 'a');
        file.sync();
        assertThat(images(FILE)).containsExactlyInAnyOrder("missing", "a");
        disk.syncDirectory(DIRECTORY);
        assertThat(images(FILE)).containsExactly("a");
        disk.rename(FILE, OTHER);
        assertThat(images(FILE)).containsExactlyInAnyOrder("missing", "a");
        assertThat(images(OTHER)).containsExactlyInAnyOrder("missing", "a");
        disk.syncDirectory(DIRECTORY);
        assertThat(images(OTHER)).containsExactly("a");
        disk.delete(OTHER);
        assertThat(images(OTHER)).containsExactlyInAnyOrder("missing", "a");
        disk.syncDirectory(DIRECTORY);
        assertThat(images(OTHER)).containsExactly("missing");
    }

    @Test
    void shouldLoseWhatLiesInALostDirectory() throws IOException {
        Path deep = Path.of("/new/deep/f");
        disk.createDirectories(deep.getParent());
        disk.open(deep, OpenMode.CREATE_NEW).close();
        disk.syncDirectory(deep.getParent());
        disk.syncDirectory(Path.of("/new"));
        assertThat(images(deep)).containsExactlyInAnyOrder("missing", "");
        disk.syncDirectory(Path.of("/"));
        assertThat(images(deep)).containsExactly("");
    }

    @Test
    void shouldNotMakeDurableWhatAFailedSyncForgot() throws IOException {
        BlockFile file = create(FILE);
        write(file, 0, 512, 'a');
        file.sync();
        write(file, 0, 512, 'b');
        disk.hook(call -> {
            throw new IOException("input/output error");
        });
        assertThatThrownBy(file::sync).hasMessage("input/output error");
        disk.hook(SimHook.NONE);
        file.sync();
        assertThat(content(disk, FILE)).isEqualTo("b");
        assertThat(images(FILE)).containsExactlyInAnyOrder("a", "b");
        write(file, 512, 512, 'c');
        file.sync();
        assertThat(images(FILE)).containsExactlyInAnyOrder("ac", "bc");
        disk.chooser(Chooser.LOSE_ALL);
        file.advise(BlockFile.Advice.DONT_NEED, 0, 1024);
        assertThat(content(disk, FILE)).isEqualTo("ac");
        assertThat(images(FILE)).containsExactly("ac");
    }

    @Test
    void shouldKeepThePastInAFork() throws IOException {
        BlockFile file = create(FILE);
        write(file, 0, 512, 'a');
        SimFileSpace fork = disk.fork();
        write(file, 0, 512, 'b');
        assertThat(content(fork, FILE)).isEqualTo("a");
        assertThat(content(fork.crash(Chooser.LOSE_ALL), FILE)).isEmpty();
        assertThat(content(fork.crash(Chooser.KEEP_ALL), FILE)).isEqualTo("a");
    }

    @Test
    void shouldShowEveryChangeToTheHookBeforeItHappens() throws IOException {
        BlockFile file = create(FILE);
        write(file, 0, 1024, 'a');
        disk.hook(call -> {
            assertThat(call.kind()).isEqualTo(SimCall.Kind.WRITE);
            assertThat(call.path()).isEqualTo(FILE);
            assertThat(call.position()).isEqualTo(512);
            assertThat(call.length()).isEqualTo(1024);
            assertThat(content(disk, FILE)).isEqualTo("aa");
            throw new SimShortWrite(512, new NoSpaceException("full", null));
        });
        assertThatThrownBy(() -> write(file, 512, 1024, 'b')).isInstanceOf(NoSpaceException.class);
        assertThat(content(disk, FILE)).isEqualTo("ab");
    }

    @Test
    void shouldEndWithTheCrash() throws IOException {
        BlockFile file = create(FILE);
        disk.hook(call -> {
            throw new SimCrash("now");
        });
        assertThatThrownBy(() -> write(file, 0, 512, 'a')).isInstanceOf(SimCrash.class);
        disk.hook(SimHook.NONE);
        assertThatThrownBy(file::sync).isInstanceOf(SimCrash.class);
        assertThatThrownBy(() -> disk.open(FILE, OpenMode.READ)).isInstanceOf(SimCrash.class);
        assertThat(images(FILE)).containsExactlyInAnyOrder("", ".", "a");
    }

    @Test
    void shouldRunOutOfSpace() throws IOException {
        BlockFile file = create(FILE);
        write(file, 0, 8192, 'a');
        assertThat(disk.allocatedPages()).isEqualTo(2);
        disk.limitSpace(2);
        write(file, 100, 8000, 'b');
        assertThatThrownBy(() -> write(file, 8192, 1, 'c')).isInstanceOf(NoSpaceException.class);
        file.punchHole(0, 4096);
        write(file, 8192, 1, 'c');
        file.truncate(12288);
        assertThatThrownBy(() -> file.zeroRange(0, 12288)).isInstanceOf(NoSpaceException.class);
        disk.limitSpace(3);
        file.zeroRange(0, 12288);
        assertThat(disk.allocatedPages()).isEqualTo(3);
        assertThat(content(disk, FILE)).isEqualTo("........................");
    }

    @Test
    void shouldBehaveAsFilesDo() throws IOException {
        BlockFile file = create(FILE);
        assertThat(disk.openCount()).isEqualTo(1);
        assertThatThrownBy(() -> disk.open(FILE, OpenMode.CREATE_NEW)).isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> disk.open(OTHER, OpenMode.READ)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> disk.open(Path.of("/x/f"), OpenMode.CREATE_NEW))
                .isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> disk.delete(DIRECTORY)).isInstanceOf(DirectoryNotEmptyException.class);
        assertThatThrownBy(() -> file.read(0, buffer, 0, 1)).isInstanceOf(EOFException.class);
        file.truncate(100);
        assertThat(file.readNow(0, buffer, 0, 512)).isEqualTo(100);
        disk.residency(length -> 0);
        assertThat(file.readNow(0, buffer, 0, 512)).isEqualTo(BlockSource.WOULD_BLOCK);
        assertThatThrownBy(() -> file.read(0, new UnsafeBuffer(new byte[9]), 0, 9))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(disk.list(DIRECTORY)).containsExactly(FILE);
        file.close();
        assertThat(disk.openCount()).isZero();
        assertThatThrownBy(file::sync).hasMessageContaining("closed");
        try (BlockFile reader = disk.open(FILE, OpenMode.READ)) {
            assertThatThrownBy(() -> reader.truncate(0)).hasMessageContaining("reading");
        }
        disk.rename(DIRECTORY, Path.of("/e"));
        assertThat(disk.list(Path.of("/e"))).containsExactly(Path.of("/e/f"));
        assertThat(disk.exists(FILE)).isFalse();
    }

    @Test
    void shouldGoThroughAllChoicesThenByChance() {
        AllChoices few = new AllChoices(100, 1);
        Set<String> seen = new TreeSet<>();
        int rounds = 0;
        while (few.next()) {
            int first = few.choose(3);
            seen.add(first == 0 ? "0" : first + "" + few.choose(2));
            rounds++;
        }
        assertThat(seen).containsExactly("0", "10", "11", "20", "21");
        assertThat(rounds).isEqualTo(5);
        AllChoices many = new AllChoices(10, 1);
        rounds = 0;
        while (many.next()) {
            for (int i = 0; i < 20; i++) {
                assertThat(many.choose(1 + new Random(i).nextInt(5))).isBetween(0, 4);
            }
            rounds++;
        }
        assertThat(rounds).isEqualTo(10);
    }
}
