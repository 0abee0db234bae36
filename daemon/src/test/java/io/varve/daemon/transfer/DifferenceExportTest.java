package io.varve.daemon.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.ImageVariant;
import io.varve.daemon.format.ParentException;
import io.varve.daemon.format.merge.FileMerge;
import io.varve.daemon.format.vhdx.VhdxShape;
import io.varve.daemon.format.vhdx.VhdxWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.store.ImageLink;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DifferenceExportTest {

    private static final int MIB = 1 << 20;
    private static final List<ImageFormat> FORMATS = List.of(ImageFormat.VHD, ImageFormat.VHDX);

    @TempDir
    private Path directory;
    private ExportRoom room;

    @BeforeEach
    void makeRoom() throws IOException {
        room = new ExportRoom(directory);
    }

    private Path path(String name, ImageFormat format) {
        return room.file(name + "." + format.optionName());
    }

    private void forgetWhatIsKnown() throws IOException {
        try (Stream<Path> records = Files.list(directory.resolve("store/foreign"))) {
            for (Path record : records.toList()) {
                Files.delete(record);
            }
        }
    }

    private static boolean[] difference(byte[] one, byte[] other, int grain) {
        boolean[] differs = new boolean[one.length / ExportRoom.SECTOR];
        for (int i = 0; i < one.length; i += grain) {
            Arrays.fill(differs, i / ExportRoom.SECTOR, Math.min(differs.length, (i + grain) / ExportRoom.SECTOR),
                    !Arrays.equals(one, i, i + grain, other, i, i + grain));
        }
        return differs;
    }

    @Test
    void shouldHoldExactlyTheSectorsThatDiffer() throws Exception {
        int[] sizes = {512, 4096 + 512, 2 * MIB, 7 * MIB + 3 * 512};
        for (int seed = 0; seed < 5; seed++) {
            byte[] content = ExportRoom.disk(sizes[seed % sizes.length], seed);
            byte[] before = content.clone();
            room.importBytes("base" + seed, content, null);
            ExportRoom.scribble(content, 8, 100 + seed);
            room.importBytes("top" + seed, content, "base" + seed);
            room.importBytes("other" + seed, content, null);
            for (ImageFormat format : FORMATS) {
                Path base = path("base" + seed, format);
                room.export("base" + seed, ExportTarget.of(base, format));
                boolean[] expected = difference(before, content, ExportRoom.SECTOR);

                boolean hadLayer =
                        room.export("top" + seed, room.on(base, path("fast" + seed, format), format)).known();
                room.export("other" + seed, room.on(base, path("other" + seed, format), format));
                forgetWhatIsKnown();
                boolean known = room.export("top" + seed, room.on(base, path("slow" + seed, format), format)).known();

                assertThat(hadLayer).as("seed %d", seed).isEqualTo(!isZero(before));
                assertThat(known).isFalse();
                for (String name : List.of("fast", "other", "slow")) {
                    Path child = path(name + seed, format);
                    assertThat(ExportRoom.content(child, format)).as("%s, seed %d", child, seed).isEqualTo(content);
                    assertThat(ExportRoom.spoken(child, format)).as("%s, seed %d", child, seed).isEqualTo(expected);
                }
            }
        }
    }

    private static boolean isZero(byte[] content) {
        return Arrays.equals(content, new byte[content.length]);
    }

    @Test
    void shouldClearWhatOnlyTheParentHas() throws Exception {
        byte[] content = new byte[9 * MIB];
        Arrays.fill(content, MIB, 8 * MIB, (byte) 3);
        room.importBytes("base", content, null);
        room.importBytes("empty", new byte[content.length], null);
        for (ImageFormat format : FORMATS) {
            Path base = path("base", format);
            room.export("base", ExportTarget.of(base, format));
            Path child = path("child", format);
            ImageExport.Outcome outcome = room.export("empty", room.on(base, child, format));
            assertThat(outcome.dataLength()).isZero();
            assertThat(ExportRoom.content(child, format)).isEqualTo(new byte[content.length]);
            assertThat(ExportRoom.spoken(child, format))
                    .isEqualTo(difference(content, new byte[content.length], ExportRoom.SECTOR));
        }
    }

    @Test
    void shouldStandOnAChildInAnotherDirectory() throws Exception {
        byte[] content = ExportRoom.disk(5 * MIB, 20);
        room.importBytes("a", content, null);
        ExportRoom.scribble(content, 4, 21);
        room.importBytes("b", content, "a");
        ExportRoom.scribble(content, 4, 22);
        room.importBytes("c", content, "b");
        for (ImageFormat format : FORMATS) {
            Path place = Files.createDirectories(directory.resolve("golden-" + format));
            Path base = place.resolve("base." + format.optionName());
            Path middle = path("middle", format);
            Path top = path("top", format);
            room.export("a", ExportTarget.of(base, format));
            assertThat(room.export("b", room.on(base, middle, format)).known()).isTrue();
            assertThatThrownBy(() -> room.export("c", room.on(middle, top, format)))
                    .isInstanceOf(ParentException.class).hasMessageContaining("--parent-dir");
            List<Path> directories = List.of(place);

            boolean known = room.export("c", new ExportTarget(
                    top, format, ImageVariant.PLAIN, Optional.of(middle), directories, false)).known();

            assertThat(known).as("a child of an image is noted too").isTrue();
            forgetWhatIsKnown();
            ImageName back = ImageName.parse("back:" + format.optionName());
            new ImageImport(room.store(new NativeFileSpace()),
                    new SourceFile(top, SourceFormat.AUTO, directories, ImageReader::ofAll), ProgressListener.NONE)
                    .run(back, null);
            Path raw = room.file(format + ".raw");
            room.export(back.toString(), ExportTarget.of(raw, ImageFormat.RAW));
            assertThat(raw).hasBinaryContent(content);
        }
    }

    @Test
    void shouldKnowAParentThatIsServedWhereItIs() throws Exception {
        byte[] content = ExportRoom.disk(3 * MIB, 25);
        byte[] before = content.clone();
        room.importBytes("x", content, null);
        Store store = room.store(new NativeFileSpace());
        for (ImageFormat format : FORMATS) {
            Path base = path("base", format);
            room.export("x", ExportTarget.of(base, format));
            forgetWhatIsKnown();
            String name = "lab:" + format.optionName();
            new ImageLink(ImageName.parse(name), base, format, List.of(), false).publish(store);
            ExportRoom.scribble(content, 3, 26);
            room.importBytes("seat:" + format.optionName(), content, name);
            Path child = path("child", format);

            assertThat(room.export("seat:" + format.optionName(), room.on(base, child, format)).known()).isTrue();

            assertThat(ExportRoom.content(child, format)).isEqualTo(content);
            assertThat(ExportRoom.spoken(child, format))
                    .isEqualTo(difference(before, content, ExportRoom.SECTOR));
            ExportTarget itself = new ExportTarget(
                    base, format, ImageVariant.PLAIN, Optional.empty(), List.of(), true);
            assertRefused(name, itself, base.toString(), "served from");
        }
    }

    @Test
    void shouldKeepTheSectorsOfItsParent() throws Exception {
        byte[] content = ExportRoom.disk(3 * MIB, 30);
        Path base = room.file("base.vhdx");
        UnsafeBuffer buffer = Buffers.alignedDirect(content.length);
        buffer.putBytes(0, content);
        try (BlockFile file = new NativeFileSpace().open(base, OpenMode.CREATE_NEW)) {
            VhdxWriter writer = VhdxWriter.dynamic(file, new VhdxShape(content.length, MIB, 4096), UUID::randomUUID);
            writer.write(0, buffer, 0, content.length);
            writer.finish();
        }
        byte[] before = content.clone();
        content[5 * 4096 + 600] ^= 1;
        content[content.length - 1] ^= 1;
        room.importBytes("x", content, null);
        Path child = room.file("child.vhdx");

        room.export("x", room.on(base, child, ImageFormat.VHDX));

        assertThat(ExportRoom.content(child, ImageFormat.VHDX)).isEqualTo(content);
        assertThat(ExportRoom.spoken(child, ImageFormat.VHDX)).isEqualTo(difference(before, content, 4096));
    }

    @Test
    void shouldRefuseParentsThatDoNotFit() throws Exception {
        room.importBytes("x", ExportRoom.disk(MIB, 40), null);
        room.importBytes("larger", ExportRoom.disk(MIB + 512, 41), null);
        for (ImageFormat format : FORMATS) {
            Path base = path("base", format);
            Path child = path("child", format);
            room.export("x", ExportTarget.of(base, format));
            assertRefused("larger", room.on(base, child, format), "has 1048576", "same size");
            assertRefused("x", room.on(path("none", format), child, format), "there is no file");
            assertRefused("x", replacing(base, base, format), "its own parent");
            room.export("x", room.on(base, child, format));
            assertRefused("x", replacing(child, base, format), "one of its parents");
            Path raw = Files.write(room.file("raw." + format.optionName()), new byte[MIB]);
            assertThatThrownBy(() -> room.export("x", room.on(raw, path("y", format), format)))
                    .isInstanceOf(IOException.class).hasMessageContaining(raw.toString());
        }
        assertThat(room.files()).containsExactly(
                "base.vhd", "base.vhdx", "child.vhd", "child.vhdx", "raw.vhd", "raw.vhdx");
    }

    private static ExportTarget replacing(Path parent, Path child, ImageFormat format) {
        return new ExportTarget(child, format, ImageVariant.PLAIN, Optional.of(parent), List.of(), true);
    }

    private void assertRefused(String image, ExportTarget target, String... words) {
        assertThatThrownBy(() -> room.export(image, target)).isInstanceOf(ExportException.class)
                .hasMessageContainingAll(words);
    }

    @Test
    void shouldNotStandOnAFileThatIsBeingMerged() throws Exception {
        byte[] content = ExportRoom.disk(MIB, 60);
        room.importBytes("x", content, null);
        ExportRoom.scribble(content, 3, 61);
        room.importBytes("y", content, "x");
        for (ImageFormat format : FORMATS) {
            Path base = path("base", format);
            Path child = path("child", format);
            room.export("x", ExportTarget.of(base, format));
            room.export("y", room.on(base, child, format));
            new FileMerge(new NativeFileSpace(), child, base).note(UUID::randomUUID);
            assertRefused("y", room.on(base, path("other", format), format), base.toString(), "varve merge-file");
        }
    }

    @Test
    void shouldNotTrustAParentThatChanges() throws Exception {
        room.importBytes("x", ExportRoom.disk(3 * MIB, 50), null);
        Path base = room.file("base.vhd");
        room.export("x", ExportTarget.of(base, ImageFormat.VHD));
        forgetWhatIsKnown();
        FileSpace changing = new HookedFileSpace() {
            @Override
            void beforeRead(Path file, long position) throws IOException {
                if (file.equals(base) && position > MIB) {
                    Files.setLastModifiedTime(base, FileTime.fromMillis(position));
                }
            }
        };
        assertThatThrownBy(() -> room.export("x", room.on(base, room.file("y.vhd"), ImageFormat.VHD), changing))
                .isInstanceOf(ExportException.class).hasMessageContaining(base + " changed while it was compared");
        assertThat(room.files()).containsExactly("base.vhd");
    }
}
