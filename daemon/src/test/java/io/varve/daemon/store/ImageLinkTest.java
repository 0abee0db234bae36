package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.ByteBuffer;
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
