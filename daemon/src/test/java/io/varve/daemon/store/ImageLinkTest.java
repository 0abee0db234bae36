package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.ForwardingFileSpace;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageLinkTest {

    private static final ImageName LAB = ImageName.parse("lab");
    /** No whole number of pages. */
    private static final int SIZE = 300 * Pages.PAGE_SIZE + 1536;

    @TempDir
    Path directory;

    private final byte[] content = new byte[SIZE];
    private Store store;
    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        new Random(5).nextBytes(content);
        file = Files.write(directory.resolve("lab.raw"), content);
        store = Store.openOrCreate(new NativeFileSpace(), directory.resolve("store"));
    }

    private ImageLink link(boolean imported) {
        return new ImageLink(LAB, file, ImageFormat.RAW, List.of(), imported);
    }

    private byte[] read() throws IOException {
        ImageManifest image = store.image(LAB);
        UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(SIZE));
        try (Chain chain = store.openChain(image.chain(), image.size())) {
            chain.read(0, bytes, 0, SIZE);
        }
        byte[] read = new byte[SIZE];
        bytes.getBytes(0, read);
        return read;
    }

    @Test
    void shouldReadAsTheFile() throws IOException {
        link(false).publish(store);
        assertThat(read()).isEqualTo(content);
        assertThat(store.linkedFile(store.image(LAB).chain().get(0))).contains(file);
        List<LayerId> chain = store.image(LAB).chain();
        link(false).publish(store);
        assertThat(store.image(LAB).chain()).isEqualTo(chain);
    }

    @Test
    void shouldRefuseAFileThatChanged() throws IOException {
        link(false).publish(store);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        assertThatThrownBy(this::read).isInstanceOf(StoreException.class)
                .hasMessageContaining("changed").hasMessageContaining(file.toString());
        assertThatThrownBy(() -> link(false).publish(store)).isInstanceOf(StoreException.class)
                .hasMessageContaining("--image-file NAME=");
        Files.delete(file);
        assertThatThrownBy(this::read).isInstanceOf(StoreException.class).hasMessageContaining("is gone");
    }

    @Test
    void shouldNoticeThatALinkLeadsElsewhere() throws IOException {
        Path other = Files.write(directory.resolve("other.raw"), new byte[SIZE]);
        Path name = Files.createSymbolicLink(directory.resolve("name.raw"), file);
        new ImageLink(LAB, name, ImageFormat.RAW, List.of(), false).publish(store);
        assertThat(read()).isEqualTo(content);
        Files.delete(name);
        Files.createSymbolicLink(name, other);
        Files.setLastModifiedTime(other, FileTime.fromMillis(1));
        assertThatThrownBy(this::read).isInstanceOf(StoreException.class).hasMessageContaining(name + " changed");
    }

    /** What is noted is what the file was like before anybody looked at it. */
    @Test
    void shouldNoticeAChangeWhileItIsLinked() throws IOException {
        FileSpace space = new ForwardingFileSpace(new NativeFileSpace()) {
            @Override
            public BlockFile open(Path path, OpenMode mode) throws IOException {
                if (path.equals(file)) {
                    Files.setLastModifiedTime(file, FileTime.fromMillis(1));
                }
                return super.open(path, mode);
            }
        };
        Store hooked = Store.openOrCreate(space, directory.resolve("store"));
        new ImageLink(LAB, file, null, List.of(), false).publish(hooked);
        assertThatThrownBy(this::read).isInstanceOf(StoreException.class).hasMessageContaining(file + " changed");
    }

    /** A qcow2 of nothing but a header and an empty first table. */
    private static byte[] childOf(String parent, long size) {
        ByteBuffer bytes = ByteBuffer.allocate(2 << 16);
        bytes.putInt(0, 0x514649fb).putInt(4, 3).putLong(8, 512).putInt(16, parent.length()).putInt(20, 16);
        bytes.putLong(24, size).putInt(36, 1).putLong(40, 1 << 16).putInt(96, 4).putInt(100, 104);
        bytes.putInt(104, 0xE2792ACA).putInt(108, 3).put(112, "raw".getBytes(StandardCharsets.US_ASCII));
        bytes.put(512, parent.getBytes(StandardCharsets.US_ASCII));
        return bytes.array();
    }

    /** Where parents are looked for is not what they are. */
    @Test
    void shouldNoticeAnotherParent() throws IOException {
        Path old = Files.createDirectory(directory.resolve("old"));
        Path parents = Files.createDirectory(directory.resolve("new"));
        Path base = Files.write(old.resolve("base.raw"), content);
        Path child = directory.resolve("child.qcow2");
        Files.write(child, childOf("base.raw", SIZE));
        new ImageLink(LAB, child, ImageFormat.QCOW2, List.of(parents, old), false).publish(store);
        assertThat(read()).isEqualTo(content);
        Files.write(parents.resolve("base.raw"), new byte[SIZE]);
        assertThatThrownBy(this::read).isInstanceOf(StoreException.class)
                .hasMessageContaining(base.toString()).hasMessageContaining(parents.resolve("base.raw").toString());
    }

    @Test
    void shouldReadTheSameWhenItIsSealed() throws IOException {
        link(true).publish(store);
        List<LayerId> chain = store.image(LAB).chain();
        assertThat(store.looseLayers().firstToSealIn(chain)).isZero();
        new FrozenSeal(store, new Pace(0)).seal(chain, SIZE);
        assertThat(store.image(LAB).chain()).isNotEqualTo(chain);
        Files.delete(file);
        assertThat(read()).isEqualTo(content);
    }

    @Test
    void shouldBeSealedByWhoeverFlattensIt() throws IOException, InterruptedException {
        link(false).publish(store);
        assertThat(store.looseLayers().firstToSealIn(store.image(LAB).chain())).isEqualTo(-1);
        new LayerMaintenance(store, 0, new MaintenanceListener() {
            @Override
            public void onProgress(long doneLength, long totalLength) { }

            @Override
            public void onReplaced() { }
        }).flatten(LAB);
        assertThat(store.looseLayers().firstIn(store.image(LAB).chain())).isEqualTo(-1);
        assertThat(read()).isEqualTo(content);
    }

    @Test
    void shouldKeepTheFileOfAnImageThatIsRemoved() throws IOException {
        link(true).publish(store);
        Path linked = store.layout().linked();
        assertThat(Files.list(linked)).hasSize(2);
        store.collectGarbage(Duration.ZERO);
        assertThat(Files.list(linked)).hasSize(2);
        store.remove(LAB);
        store.collectGarbage(Duration.ZERO);
        assertThat(Files.list(linked)).isEmpty();
        assertThat(Files.readAllBytes(file)).isEqualTo(content);
    }

    @Test
    void shouldRefuseAFileThatIsNoDisk() throws IOException {
        Files.write(file, new byte[0]);
        assertThatThrownBy(() -> link(false).publish(store)).isInstanceOf(StoreException.class)
                .hasMessageContaining("a disk of 0 bytes");
        assertThat(store.images()).isEmpty();
    }

    @Test
    void shouldTellThatALinkIsDamaged() throws IOException {
        link(false).publish(store);
        LayerId layer = store.image(LAB).chain().get(0);
        Path record = store.layout().linked(layer);
        Files.writeString(record, Files.readString(record).replace("lab.raw", "lob.raw"));
        assertThatThrownBy(this::read).hasMessageContaining(record.toString());
    }
}
