package io.varve.daemon.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.FakeImage.Header;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageOpenerTest {

    private static final int SIZE = 4096;

    @TempDir
    private Path root;
    private Path images;
    private Path elsewhere;

    @BeforeEach
    void directories() throws IOException {
        images = Files.createDirectories(root.resolve("images"));
        elsewhere = Files.createDirectories(root.resolve("elsewhere/deep"));
    }

    @Test
    void shouldFindParentsWhereTheirAuthorsPutThem() throws Exception {
        base(Files.createDirectories(images.resolve("sub dir")).resolve("base.vhdx"), "a");
        for (String path : List.of("sub dir/base.vhdx", "./sub dir/base.vhdx", "../images/sub dir/base.vhdx",
                images + "/sub dir/base.vhdx", "C:/VMs/sub dir/base.vhdx", "//server/share/sub dir/base.vhdx",
                "file://" + images + "/sub dir/base.vhdx", "nowhere.vhdx|sub dir/base.vhdx",
                "//?/Volume{26a21bda-a627-11d7-9931-806e6f6e6963}/sub dir/base.vhdx", "D:/../x|sub dir/base.vhdx")) {
            Path child = child(images.resolve("child.vhdx"), "b", path, "a");
            try (ImageChain chain = open(child)) {
                assertThat(chain.images()).as(path).hasSize(2);
                assertThat(chain.images().get(1).id()).contains("a");
            }
        }
    }

    @Test
    void shouldFindParentsBelowOtherDirectoriesOnlyIfAllowed() throws Exception {
        base(elsewhere.resolve("base.vhdx"), "a");
        for (String path : List.of("../elsewhere/deep/base.vhdx", elsewhere + "/base.vhdx")) {
            Path child = child(images.resolve("child.vhdx"), "b", path, "a");
            assertRefused(child, "outside of the directories", "--parent-dir");
            open(child, root).close();
            open(child, elsewhere).close();
        }
        Path child = child(images.resolve("child.vhdx"), "b", "C:/deep/base.vhdx", "a");
        assertRefused(child, "is not there", "--parent-dir", "C:/deep/base.vhdx");
        open(child, root.resolve("elsewhere")).close();
        assertRefused(child(images.resolve("child.vhdx"), "b", "../\u001bx\n|\0", "a"), "is not there");
    }

    @Test
    void shouldNotBeLedOutsideByLinks() throws Exception {
        base(elsewhere.resolve("base.vhdx"), "a");
        Files.createSymbolicLink(images.resolve("link.vhdx"), elsewhere.resolve("base.vhdx"));
        Files.createSymbolicLink(images.resolve("way"), elsewhere);
        for (String path : List.of("link.vhdx", "way/base.vhdx", "way/../deep/base.vhdx")) {
            assertRefused(child(images.resolve("child.vhdx"), "b", path, "a"), "outside of the directories");
        }
    }

    @Test
    void shouldRefuseAnotherParentThanTheOneItWasMadeOn() throws Exception {
        base(images.resolve("base.vhdx"), "other");
        Path child = child(images.resolve("child.vhdx"), "b", "base.vhdx", "a");
        assertRefused(child, "base.vhdx", "id is other, not a", "child.vhdx", "rebase");
        base(elsewhere.resolve("base.vhdx"), "A");
        try (ImageChain chain = open(child, elsewhere)) {
            assertThat(chain.images().get(1).name()).isEqualTo(elsewhere.resolve("base.vhdx").toString());
        }
    }

    @Test
    void shouldRefuseCirclesAndEndlessChains() throws Exception {
        Path one = child(images.resolve("one.vhdx"), "a", "two.vhdx", "b");
        child(images.resolve("two.vhdx"), "b", "one.vhdx", "a");
        assertRefused(one, "circle");
        assertRefused(child(images.resolve("self.vhdx"), "s", "self.vhdx", "s"), "circle");
        Files.createLink(images.resolve("hard.vhdx"), one);
        child(images.resolve("two.vhdx"), "b", "hard.vhdx", "a");
        assertRefused(one, "circle");

        base(images.resolve("f0.vhdx"), "f0");
        for (int i = 1; i <= 64; i++) {
            child(images.resolve("f" + i + ".vhdx"), "f" + i, "f" + (i - 1) + ".vhdx", "f" + (i - 1));
        }
        open(images.resolve("f63.vhdx")).close();
        assertRefused(images.resolve("f64.vhdx"), "at most 64");
    }

    @Test
    void shouldNotGuessTheFormatOfAParent() throws Exception {
        Files.write(images.resolve("base.img"), new byte[SIZE]);
        Path child = images.resolve("child.qcow2");
        write(child, Header.child(ImageFormat.QCOW2, SIZE, "", "base.img", ""));
        assertThatThrownBy(() -> open(child, ImageFormat.QCOW2)).isInstanceOf(UnsupportedImageException.class)
                .hasMessageContaining("qemu-img rebase -u -F").hasMessageContaining("base.img");
        write(child, new Header(ImageFormat.QCOW2, SIZE, "", "base.img", "", "RAW"));
        try (ImageChain chain = open(child, ImageFormat.QCOW2)) {
            assertThat(chain.images().get(1).format()).isEqualTo(ImageFormat.RAW);
        }
    }

    @Test
    void shouldTellFormatsByTheirMarks() throws Exception {
        byte[] bytes = new byte[3000];
        assertThat(probe(bytes)).isEmpty();
        assertThat(probe(new byte[0])).isEmpty();
        assertThat(probe("QFI".getBytes(StandardCharsets.US_ASCII))).isEmpty();
        assertThat(probe("QFI\u00fb".getBytes(StandardCharsets.ISO_8859_1))).contains(ImageFormat.QCOW2);
        assertThat(probe("vhdxfile".getBytes(StandardCharsets.US_ASCII))).contains(ImageFormat.VHDX);
        for (int position : new int[] {0, 3000 - 512, 3000 - 511}) {
            byte[] vhd = Arrays.copyOf(bytes, bytes.length);
            System.arraycopy("conectix".getBytes(StandardCharsets.US_ASCII), 0, vhd, position, 8);
            assertThat(probe(vhd)).contains(ImageFormat.VHD);
        }
    }

    /** A guest that writes the header of an image into its raw disk must not be given other files. */
    @Test
    void shouldNotFollowParentsOfWhatOnlyLooksLikeAnImage() throws Exception {
        base(images.resolve("base.vhdx"), "a");
        ImageReader all = (file, format) -> FakeImage.read(file, ImageFormat.VHDX);
        ImageOpener opener = new ImageOpener(new NativeFileSpace(), all, List.of());
        for (String name : List.of("disk.img", "disk", "disk.vhd", "vhdx", "disk.vhdx.raw")) {
            Path disk = child(images.resolve(name), "b", "base.vhdx", "a");
            assertThatThrownBy(() -> opener.open(disk, Optional.empty())).isInstanceOf(ParentException.class)
                    .hasMessageContaining("--format vhdx").hasMessageContaining("--format raw");
        }
        Path withoutId = child(images.resolve("q.vhdx"), "b", "base.vhdx", "");
        assertThatThrownBy(() -> opener.open(withoutId, Optional.empty())).isInstanceOf(ParentException.class);
        Path meant = child(images.resolve("Disk.VHDX"), "b", "base.vhdx", "a");
        opener.open(meant, Optional.empty()).chain().close();
        opener.open(withoutId, Optional.of(ImageFormat.VHDX)).chain().close();
    }

    @Test
    void shouldTellAFileThatChanges() throws Exception {
        Path file = base(images.resolve("base.vhdx"), "a");
        FileStamp stamp = FileStamp.of(file);
        assertThat(stamp.isCurrent()).isTrue();
        Files.write(file, new byte[5]);
        assertThat(stamp.isCurrent()).isFalse();
        Files.delete(file);
        assertThat(stamp.isCurrent()).isFalse();
    }

    private Optional<ImageFormat> probe(byte[] content) throws IOException {
        Path file = Files.write(images.resolve("probed"), content);
        try (BlockFile open = new NativeFileSpace().open(file, OpenMode.READ)) {
            return ImageProbe.probe(open);
        }
    }

    private static Path base(Path file, String id) throws IOException {
        return write(file, Header.base(ImageFormat.VHDX, SIZE, id));
    }

    private static Path child(Path file, String id, String parentPath, String parentId) throws IOException {
        return write(file, Header.child(ImageFormat.VHDX, SIZE, id, parentPath.replace('\n', '_'), parentId));
    }

    private static Path write(Path file, Header header) throws IOException {
        FakeImage.write(file, header, new byte[SIZE / FakeImage.SECTOR], new byte[0]);
        return file;
    }

    private static ImageChain open(Path file, Path... parentDirectories) throws IOException {
        return new ImageOpener(new NativeFileSpace(), FakeImage::read, List.of(parentDirectories))
                .open(file, Optional.of(ImageFormat.VHDX)).chain();
    }

    private static ImageChain open(Path file, ImageFormat format) throws IOException {
        return new ImageOpener(new NativeFileSpace(), FakeImage::read, List.of())
                .open(file, Optional.of(format)).chain();
    }

    private static void assertRefused(Path file, String... why) {
        assertThatThrownBy(() -> open(file)).isInstanceOf(ParentException.class)
                .hasMessageContainingAll(why)
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }
}
