package io.varve.daemon.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageVariant;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.store.ExportName;
import io.varve.shim.NativeSupport;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageExportTest {

    private static final int MIB = 1 << 20;

    @TempDir
    private Path directory;
    private ExportRoom room;

    /** Unpacking the library is one thing that an interrupted thread cannot do. */
    @BeforeAll
    static void loadNativeLibrary() {
        assertThat(NativeSupport.available()).as(NativeSupport.reason()).isTrue();
    }

    @BeforeEach
    void makeRoom() throws IOException {
        room = new ExportRoom(directory);
    }

    private static List<ExportTarget> targets(Path file) {
        List<ExportTarget> targets = new ArrayList<>();
        for (ImageFormat format : ImageFormat.values()) {
            targets.add(ExportTarget.of(file, format));
        }
        targets.add(variant(file, ImageFormat.VHD, ImageVariant.FIXED));
        targets.add(variant(file, ImageFormat.QCOW2, ImageVariant.COMPRESSED));
        return targets;
    }

    private static ExportTarget variant(Path file, ImageFormat format, ImageVariant variant) {
        return new ExportTarget(file, format, variant, Optional.empty(), List.of(), false);
    }

    private static ExportTarget replacing(Path file, ImageFormat format) {
        return new ExportTarget(file, format, ImageVariant.PLAIN, Optional.empty(), List.of(), true);
    }

    @Test
    void shouldWriteDisksOfAnySizeInEveryFormat() throws Exception {
        int[] sizes = {1, 512, 4097, 2 * MIB - 512, 2 * MIB, 4 * MIB + 1, 9 * MIB + 5 * 512 + 100};
        for (int i = 0; i < sizes.length; i++) {
            byte[] content = ExportRoom.disk(sizes[i], i);
            room.importBytes("base" + i, content, null);
            ExportRoom.scribble(content, 5, 100 + i);
            room.importBytes("top" + i, content, "base" + i);
            Path file = room.file("out");
            for (ExportTarget target : targets(file)) {
                ImageExport.Outcome outcome = room.export("top" + i, target);
                String what = "seed " + i + ", " + target;
                int size = target.format() == ImageFormat.RAW ? sizes[i] : (sizes[i] + 511) / 512 * 512;
                assertThat(outcome.size()).as(what).isEqualTo(size);
                assertThat(outcome.sourceSize()).as(what).isEqualTo(sizes[i]);
                assertThat(outcome.fileLength()).as(what).isEqualTo(Files.size(file));
                assertThat(ExportRoom.content(file, target.format())).as(what)
                        .isEqualTo(Arrays.copyOf(content, size));
                assertThat(room.files()).containsExactly("out");
                Files.delete(file);
            }
        }
    }

    @Test
    void shouldNeitherReadNorWriteWhatIsZero() throws Exception {
        byte[] content = new byte[64 * MIB];
        Arrays.fill(content, 40 * MIB, 40 * MIB + 4096, (byte) 1);
        room.importBytes("x", content, null);
        for (ExportTarget target : targets(room.file("out"))) {
            long[] written = new long[1];
            FileSpace watching = new HookedFileSpace() {
                @Override
                void beforeWrite(Path file, long position) {
                    written[0]++;
                }
            };
            assertThat(room.export("x", target, watching).dataLength()).as("%s", target).isEqualTo(4096);
            assertThat(written[0]).as("writes of tables and data: %s", target).isLessThan(20);
            Files.delete(target.path());
        }
    }

    @Test
    void shouldLeaveNothingWhenAWriteFails() throws Exception {
        room.importBytes("x", ExportRoom.disk(5 * MIB, 1), null);
        Path file = room.file("out");
        for (ExportTarget target : targets(file)) {
            assertFailsAtEveryWrite(target, List.of());
        }
        Files.writeString(file, "of somebody");
        assertFailsAtEveryWrite(replacing(file, ImageFormat.VHDX), List.of("out"));
    }

    /** @param filesBefore what must be there after each failure, as it was */
    private void assertFailsAtEveryWrite(ExportTarget target, List<String> filesBefore) throws Exception {
        int failing = 1;
        for (boolean done = false; !done; failing++) {
            int index = failing;
            FileSpace full = new HookedFileSpace() {
                private int count;

                @Override
                void beforeWrite(Path file, long position) throws IOException {
                    if (file.toString().endsWith(".varve-export") && ++count == index) {
                        throw new IOException("call " + index);
                    }
                }

                @Override
                void beforeSync(Path file) throws IOException {
                    beforeWrite(file, 0);
                }
            };
            try {
                room.export("x", target, full);
                done = true;
            } catch (IOException e) {
                assertThat(e).as("%s", target).hasMessageContaining("call " + index);
                assertThat(room.files()).as("%s, call %d", target, index).isEqualTo(filesBefore);
                if (!filesBefore.isEmpty()) {
                    assertThat(target.path()).hasContent("of somebody");
                }
            }
        }
        assertThat(failing).as("calls that could fail: %s", target).isGreaterThan(3);
        assertThat(room.files()).containsExactly("out");
        Files.delete(target.path());
    }

    @Test
    void shouldSayInOneLineThatTheDiskIsFull() throws Exception {
        room.importBytes("x", ExportRoom.disk(MIB, 6), null);
        FileSpace full = new HookedFileSpace() {
            @Override
            void beforeWrite(Path file, long position) throws IOException {
                if (file.toString().endsWith(".varve-export")) {
                    throw new NoSpaceException("pwrite: ENOSPC", null);
                }
            }
        };
        for (ExportTarget target : targets(room.file("out"))) {
            assertThatThrownBy(() -> room.export("x", target, full)).as("%s", target)
                    .isInstanceOf(NoSpaceException.class)
                    .hasMessage("no space left for " + target.path() + ": free some and export again (pwrite: ENOSPC)");
            assertThat(room.files()).isEmpty();
        }
    }

    @Test
    void shouldLeaveNothingWhenItIsInterrupted() throws Exception {
        room.importBytes("x", ExportRoom.disk(9 * MIB, 2), null);
        for (ExportTarget target : targets(room.file("out"))) {
            FileSpace interrupting = new HookedFileSpace() {
                @Override
                void beforeWrite(Path file, long position) {
                    if (file.toString().endsWith(".varve-export")) {
                        Thread.currentThread().interrupt();
                    }
                }
            };
            assertThatThrownBy(() -> room.export("x", target, interrupting)).as("%s", target)
                    .isInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).isFalse();
            assertThat(room.files()).isEmpty();
        }
    }

    @Test
    void shouldReplaceWhatARunThatWasKilledLeft() throws Exception {
        byte[] content = ExportRoom.disk(MIB, 3);
        room.importBytes("x", content, null);
        Path leftover = room.file(".out.varve-export");
        Files.write(leftover, new byte[10 * MIB]);
        ExportTarget target = ExportTarget.of(room.file("out"), ImageFormat.RAW);
        try (NewFile running = NewFile.create(new NativeFileSpace(), target.path(), false)) {
            assertThatThrownBy(() -> room.export("x", target)).isInstanceOf(ExportException.class)
                    .hasMessageContaining("being exported to already");
            assertThat(running.file().size()).isZero();
        }
        Files.write(leftover, new byte[10 * MIB]);
        room.export("x", target);
        assertThat(target.path()).hasBinaryContent(content);
        assertThat(room.files()).containsExactly("out");
    }

    @Test
    void shouldNotTouchAFileThatIsThere() throws Exception {
        room.importBytes("x", ExportRoom.disk(MIB, 4), null);
        Path file = Files.writeString(room.file("out"), "of somebody");
        Path link = Files.createSymbolicLink(room.file("link"), file);
        for (Path path : List.of(file, link)) {
            assertThatThrownBy(() -> room.export("x", ExportTarget.of(path, ImageFormat.VHD)))
                    .isInstanceOf(ExportException.class).hasMessageContaining("--force");
        }
        assertThat(file).hasContent("of somebody");
        FileSpace late = new HookedFileSpace() {
            @Override
            void beforeSync(Path synced) throws IOException {
                Files.writeString(room.file("late"), "of somebody");
            }
        };
        assertThatThrownBy(() -> room.export("x", ExportTarget.of(room.file("late"), ImageFormat.RAW), late))
                .hasMessageContaining("exists already");
        assertThat(room.file("late")).hasContent("of somebody");

        room.export("x", replacing(link, ImageFormat.RAW));

        assertThat(link).isSymbolicLink();
        assertThat(Files.size(file)).isEqualTo(MIB);
        assertThat(room.files()).containsExactly("late", "link", "out");
    }

    @Test
    void shouldFailAtABadPageAndSayWhere() throws Exception {
        room.importBytes("x", new byte[3 * MIB + 1], null);
        byte[] content = new byte[3 * MIB + 1];
        Arrays.fill(content, 2 * MIB, 2 * MIB + 8192, (byte) 5);
        room.importBytes("y", content, "x");
        Path blob;
        try (Stream<Path> files = Files.walk(directory.resolve("store/blobs"))) {
            blob = files.filter(file -> file.endsWith("pages")).findFirst().orElseThrow();
        }
        try (RandomAccessFile file = new RandomAccessFile(blob.toFile(), "rw")) {
            file.seek(4096 + 17);
            file.write(99);
        }
        String layer = room.store(new NativeFileSpace()).image(ExportName.parse("y").image()).chain()
                .get(0).hex();
        for (ExportTarget target : targets(room.file("out"))) {
            assertThatThrownBy(() -> room.export("y", target)).isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining(blob.toString()).hasMessageContaining("checksum")
                    .hasMessageContaining("page 513 of image y, of layer " + layer);
            assertThat(room.files()).isEmpty();
        }
    }

    @Test
    void shouldRefuseSizesThatAFormatCannotHave() throws Exception {
        Path large = directory.resolve("large.raw");
        try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
            file.setLength((2040L << 30) + 1);
        }
        room.importFile("large", large, SourceFormat.RAW, null);
        assertThatThrownBy(() -> room.export("large", ExportTarget.of(room.file("out"), ImageFormat.VHD)))
                .isInstanceOf(ExportException.class).hasMessageContaining("2040 GiB")
                .hasMessageContaining("--format vhdx");
        assertThat(room.export("large", ExportTarget.of(room.file("out"), ImageFormat.VHDX)).size())
                .isEqualTo((2040L << 30) + 512);
    }

    @Test
    void shouldKnowWhatItExported() throws Exception {
        byte[] content = ExportRoom.disk(3 * MIB, 5);
        room.importBytes("x", content, null);
        for (ImageFormat format : List.of(ImageFormat.QCOW2, ImageFormat.VHD, ImageFormat.VHDX)) {
            Path file = room.file("out." + format.optionName());
            room.export("x", ExportTarget.of(file, format));
            ImageImport.Outcome back = room.importFile("back:" + format.optionName(), file, SourceFormat.AUTO, null);
            assertThat(back.knownLayerCount()).as("%s", format).isEqualTo(1);
            assertThat(back.image().chain())
                    .isEqualTo(room.store(new NativeFileSpace()).image(ExportName.parse("x").image()).chain());
        }
        byte[] odd = Arrays.copyOf(content, content.length - 1);
        room.importBytes("odd", odd, null);
        Path file = room.file("odd.vhdx");
        room.export("odd", ExportTarget.of(file, ImageFormat.VHDX));
        assertThat(room.importFile("back:odd", file, SourceFormat.AUTO, null).knownLayerCount())
                .as("the file is larger than the image").isZero();
    }
}
