package io.varve.daemon.format.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.ParentException;
import io.varve.daemon.format.vhd.VhdParent;
import io.varve.daemon.format.vhd.VhdWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is opened when somebody names a file that takes part in a merge. */
class MergedOpeningTest {

    private static final int BLOCK = 2 << 20;
    private static final int SIZE = 2 * BLOCK;
    private static final long TIME = 1_000_000_000L;
    private static final UUID PARENT = new UUID(1, 1);
    private static final UUID CHILD = new UUID(2, 2);

    @TempDir
    Path directory;

    private final NativeFileSpace space = new NativeFileSpace();
    private Path parent;
    private Path child;
    private FileMerge merge;

    /** Stops a copy in the middle. */
    private static final class Stop extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @BeforeEach
    void makeFiles() throws IOException {
        directory = directory.toRealPath();
        parent = directory.resolve("parent.vhd");
        try (BlockFile file = space.open(parent, OpenMode.CREATE_NEW)) {
            VhdWriter writer = VhdWriter.dynamic(file, SIZE, PARENT, TIME);
            put(writer, 0, 1);
            put(writer, 512, 1);
            writer.finish();
        }
        child = child("child.vhd", CHILD, PARENT, parent, 2);
        merge = new FileMerge(space, child, parent, 1);
    }

    private static void put(VhdWriter writer, long offset, int value) throws IOException {
        UnsafeBuffer sector = Buffers.alignedDirect(512);
        sector.setMemory(0, 512, (byte) value);
        writer.write(offset, sector, 0, 512);
    }

    /** Has the first sector of each block. */
    private Path child(String name, UUID id, UUID parentId, Path parentFile, int value) throws IOException {
        Path path = directory.resolve(name);
        try (BlockFile file = space.open(path, OpenMode.CREATE_NEW)) {
            VhdWriter writer = VhdWriter.differencing(file, SIZE, id, TIME,
                    new VhdParent(parentId, TIME, parentFile.getFileName().toString(), parentFile.toString()));
            put(writer, 0, value);
            put(writer, BLOCK, value);
            writer.finish();
        }
        return path;
    }

    private ImageOpener.Opened open(Path file, Path... directories) throws IOException {
        return new ImageOpener(space, ImageReader::ofAll, List.of(directories)).open(file, Optional.empty());
    }

    /** Names of the files, and the first bytes of sectors 0, 1, and of the second block. */
    private List<Object> seen(Path file) throws IOException {
        try (ImageChain chain = open(file).chain()) {
            List<Object> seen = new ArrayList<>();
            for (ForeignImage image : chain.images()) {
                seen.add(Path.of(image.name()).getFileName().toString());
            }
            UnsafeBuffer bytes = Buffers.alignedDirect(512);
            for (long offset : new long[] {0, 512, BLOCK, BLOCK + 512}) {
                chain.read(offset, bytes, 0, 512);
                seen.add((int) bytes.getByte(0));
            }
            return seen;
        }
    }

    private void note() throws IOException {
        merge.note(() -> new UUID(9, 9));
    }

    private void copyHalf() {
        assertThatThrownBy(() -> merge.copy(UUID::randomUUID, (moved, total) -> {
            throw new Stop();
        })).isInstanceOf(Stop.class);
    }

    private void copy() throws IOException {
        merge.copy(UUID::randomUUID, (moved, total) -> { });
    }

    @Test
    void shouldShowTheMergedDiskInEveryState() throws IOException {
        assertThat(seen(parent)).containsExactly("parent.vhd", 1, 1, 0, 0);
        note();
        assertThat(seen(parent)).containsExactly("child.vhd", "parent.vhd", 2, 1, 2, 0);
        copyHalf();
        assertThat(seen(parent)).containsExactly("child.vhd", "parent.vhd", 2, 1, 2, 0);
        copy();
        assertThat(seen(parent)).containsExactly("parent.vhd", 2, 1, 2, 0);
        ImageOpener.Opened opened = open(parent);
        opened.chain().close();
        assertThat(opened.merge().map(MergeRecord::id)).contains(new UUID(9, 9));
        Files.delete(child);
        assertThat(seen(parent)).containsExactly("parent.vhd", 2, 1, 2, 0);
    }

    @Test
    void shouldKeepTheChildAndItsChildrenReadable() throws IOException {
        Path grandchild = child("grandchild.vhd", new UUID(3, 3), CHILD, child, 3);
        note();
        copyHalf();
        assertThat(seen(child)).containsExactly("child.vhd", "parent.vhd", 2, 1, 2, 0);
        assertThat(seen(grandchild)).containsExactly("grandchild.vhd", "child.vhd", "parent.vhd", 3, 1, 3, 0);
        copy();
        assertThat(seen(child)).containsExactly("child.vhd", "parent.vhd", 2, 1, 2, 0);
        assertThat(seen(grandchild)).containsExactly("grandchild.vhd", "child.vhd", "parent.vhd", 3, 1, 3, 0);
    }

    @Test
    void shouldReadChildrenOfTheMergedDiskBeforeItIsWhole() throws IOException {
        Path later = child("later.vhd", new UUID(4, 4), MergeRecord.idOfMerged(CHILD, PARENT), parent, 4);
        note();
        copyHalf();
        assertThat(seen(later)).containsExactly("later.vhd", "child.vhd", "parent.vhd", 4, 1, 4, 0);
        copy();
        assertThat(seen(later)).containsExactly("later.vhd", "parent.vhd", 4, 1, 4, 0);
    }

    @Test
    void shouldRefuseOtherChildrenOnceTheParentChanges() throws IOException {
        Path sibling = child("sibling.vhd", new UUID(5, 5), PARENT, parent, 5);
        note();
        assertThat(seen(sibling)).containsExactly("sibling.vhd", "parent.vhd", 5, 1, 5, 0);
        copyHalf();
        assertThatThrownBy(() -> open(sibling)).isInstanceOf(ParentException.class)
                .hasMessageContaining("is being merged with 'child.vhd'");
        copy();
        assertThatThrownBy(() -> open(sibling)).isInstanceOf(ParentException.class)
                .hasMessageContaining("is not the parent that");
        assertThatThrownBy(() -> new FileMerge(space, sibling, parent).note(UUID::randomUUID))
                .isInstanceOf(MergeException.class).hasMessageContaining("is not the parent that");
    }

    @Test
    void shouldRefuseWhatIsNotAsItWasNoted() throws IOException {
        note();
        FileTime before = Files.getLastModifiedTime(parent);
        Files.setLastModifiedTime(parent, FileTime.fromMillis(1));
        assertThatThrownBy(() -> open(parent)).isInstanceOf(MergeException.class)
                .hasMessageContaining("changed after its merge");
        assertThatThrownBy(this::copy).isInstanceOf(MergeException.class).hasMessageContaining("varve-merge");
        Files.setLastModifiedTime(parent, before);
        FileTime childBefore = Files.getLastModifiedTime(child);
        Files.setLastModifiedTime(child, FileTime.fromMillis(1));
        assertThatThrownBy(() -> open(parent)).isInstanceOf(MergeException.class).hasMessageContaining("child.vhd");
        Files.setLastModifiedTime(child, childBefore);
        Path moved = Files.move(child, directory.resolve("gone.vhd"));
        assertThatThrownBy(() -> open(parent)).isInstanceOf(ParentException.class)
                .hasMessageContaining("is being merged with 'child.vhd'").hasMessageContaining("is not there");
        Files.move(moved, child);
        copy();
        Files.setLastModifiedTime(parent, FileTime.fromMillis(1));
        ImageOpener.Opened opened = open(parent);
        opened.chain().close();
        assertThat(opened.merge()).as("a receipt for another file").isEmpty();
    }

    @Test
    void shouldFollowTheRecordOnlyWhereParentsMayLie() throws IOException {
        Path away = Files.createDirectories(directory.resolve("away"));
        Path hidden = Files.move(child, away.resolve("child.vhd"));
        Path inside = Files.createDirectories(directory.resolve("images"));
        parent = Files.move(parent, inside.resolve("parent.vhd"));
        new FileMerge(space, hidden, parent).note(UUID::randomUUID);
        assertThatThrownBy(() -> open(parent)).isInstanceOf(ParentException.class)
                .hasMessageContaining("outside of the directories");
        open(parent, away).chain().close();
    }

    @Test
    void shouldTakeTheBytesOfTheFileIfToldSo() throws IOException {
        note();
        try (ImageChain chain = new ImageOpener(space, ImageReader::ofAll, List.of())
                .open(parent, Optional.of(ImageFormat.RAW)).chain()) {
            assertThat(chain.images()).hasSize(1);
        }
    }

    @Test
    void shouldLeaveNothingOfAMergeThatCannotBeDone() throws IOException {
        byte[] bytes = Files.readAllBytes(parent);
        // The entry of the first block, behind the header: far behind the end of the file.
        bytes[1536] = 0x7F;
        Files.write(parent, bytes);
        assertThatThrownBy(this::copy).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("parent.vhd is corrupt at byte 1536");
        assertThat(Files.readAllBytes(parent)).isEqualTo(bytes);
        assertThat(MergeRecords.of(parent)).doesNotExist();
    }

    @Test
    void shouldMergeOneChildAtATime() throws IOException {
        Path sibling = child("sibling.vhd", new UUID(5, 5), PARENT, parent, 5);
        note();
        assertThatThrownBy(() -> new FileMerge(space, sibling, parent).note(UUID::randomUUID))
                .isInstanceOf(MergeException.class).hasMessageContaining("is being merged with child.vhd")
                .hasMessageContaining("deleting");
        note();
        copy();
        assertThat(merge.note(UUID::randomUUID).state()).isEqualTo(MergeRecord.State.DONE);
        copy();
    }
}
