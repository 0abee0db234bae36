package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Workers;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerFiles;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerWriter;
import io.varve.nbd.export.Export;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to layers: commit makes them, removal deletes them, both only when they may. */
class StoreLayersTest {

    private static final int PAGE = 4096;
    private static final int PAGE_COUNT = 300;
    private static final int SIZE = (PAGE_COUNT - 1) * PAGE + 512;
    private static final long SEED = 20260102;
    private static final ImageName WIN = ImageName.parse("win");
    private static final ExportName ALICE = ExportName.parse("win@alice");

    @TempDir
    Path temporary;

    private final Counters counters = Counters.anonymous();
    private final Workers workers = new Workers(1);
    private final BootEngine boots = new BootEngine(workers::background, workers.demandExecutor(), counters);
    private final TestAgent agent = new TestAgent();
    private Store store;
    private StoreDirectory directory;

    @BeforeEach
    void create() throws IOException {
        store = Store.openOrCreate(new NativeFileSpace(), temporary.resolve("store"));
        directory = new StoreDirectory(store, List.of(), OverlayPolicy.of(OverlayMode.PERSISTENT), boots, workers,
                counters);
    }

    @AfterEach
    void close() {
        boots.close();
        workers.close();
        agent.close();
    }

    private byte[] disk(long seed) {
        byte[] content = new byte[SIZE];
        new Random(seed).nextBytes(content);
        Arrays.fill(content, 10 * PAGE, 20 * PAGE, (byte) 0);
        return content;
    }

    private LayerId seal(byte[] content) throws IOException {
        UnsafeBuffer pages = Buffers.alignedDirect(PAGE_COUNT * PAGE);
        pages.putBytes(0, content);
        try (FileLocks.Lock writing = store.lockForWriting();
                LayerWriter writer = LayerWriter.create(store.space(), store.layout().layers(), SIZE, null)) {
            writer.writePages(0, PAGE_COUNT, pages, 0);
            return writer.seal();
        }
    }

    private void publish(ImageName image, LayerId... chain) throws IOException {
        store.publish(image, new ImageManifest(SIZE, List.of(chain), Instant.EPOCH, "test", null));
    }

    private Export open(String name) throws Exception {
        Export export = directory.open(name);
        agent.attach(export);
        return export;
    }

    private byte[] content(ImageName image) throws IOException {
        ImageManifest manifest = store.image(image);
        try (Chain chain = store.openChain(manifest.chain(), manifest.size())) {
            UnsafeBuffer buffer = Buffers.alignedDirect(SIZE);
            chain.read(0, buffer, 0, SIZE);
            byte[] content = new byte[SIZE];
            buffer.getBytes(0, content);
            return content;
        }
    }

    private List<String> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void shouldCommitWhatAClientSeesIntoALayerOfWhatDiffers() throws Exception {
        byte[] expected = disk(SEED);
        publish(WIN, seal(expected));
        Export export = open("win@alice");
        byte[] written = new byte[3 * PAGE];
        Arrays.fill(written, (byte) 7);
        agent.write(export, 5 * PAGE + 100, written);
        System.arraycopy(written, 0, expected, 5 * PAGE + 100, written.length);
        agent.zero(export, 100 * PAGE, 50 * PAGE);
        Arrays.fill(expected, 100 * PAGE, 150 * PAGE, (byte) 0);
        byte[] tail = Arrays.copyOfRange(written, 0, 100);
        agent.write(export, SIZE - tail.length, tail);
        System.arraycopy(tail, 0, expected, SIZE - tail.length, tail.length);
        byte[] same = Arrays.copyOfRange(expected, 200 * PAGE, 210 * PAGE);
        agent.write(export, 200 * PAGE, same);
        agent.close(export);
        directory.close();

        ImageManifest made = store.commit(ALICE, ImageName.parse("win:v2"));

        assertThat(content(ImageName.parse("win:v2"))).isEqualTo(expected);
        assertThat(content(WIN)).isEqualTo(disk(SEED));
        assertThat(made.chain()).hasSize(2).startsWith(store.image(WIN).chain().get(0));
        assertThat(store.layer(made.chain().get(1)).dataPageCount()).isEqualTo(5);
        assertThat(store.layer(made.chain().get(1)).zeroPageCount()).isEqualTo(50);
        assertThat(made.parent()).isEqualTo("win");
        Export again = open("win@alice");
        assertThat(agent.read(again, 0, SIZE)).isEqualTo(expected);
        agent.close(again);
    }

    @Test
    void shouldCommitAnUntouchedOverlayWithoutALayer() throws Exception {
        publish(WIN, seal(disk(SEED)));
        agent.close(open("win@alice"));
        directory.close();
        assertThat(store.commit(ALICE, ImageName.parse("same")).chain()).isEqualTo(store.image(WIN).chain());
    }

    @Test
    void shouldNotCommitWhatIsInUseOrUnknownOrTaken() throws Exception {
        publish(WIN, seal(disk(SEED)));
        ImageName next = ImageName.parse("win:v2");
        assertThatThrownBy(() -> store.commit(ALICE, next)).isInstanceOf(StoreException.class)
                .hasMessageContaining("overlay win@alice: not in the store");
        Export export = open("win@alice");
        assertThatThrownBy(() -> store.commit(ALICE, next)).isInstanceOf(StoreException.class)
                .hasMessageContaining("overlay win@alice: in use");
        agent.close(export);
        directory.close();
        assertThatThrownBy(() -> store.commit(ALICE, WIN)).isInstanceOf(StoreException.class)
                .hasMessageContaining("image win: already in the store");
        assertThat(store.images()).containsExactly(WIN);
        assertThat(files(store.layout().temporary())).isEmpty();
    }

    @Test
    void shouldSayWhichLayerIsGoneFromBelowAnOverlay() throws Exception {
        LayerId layer = seal(disk(SEED));
        publish(WIN, layer);
        agent.close(open("win@alice"));
        directory.close();
        Files.delete(LayerFiles.manifest(store.layout().layers(), layer));
        assertThatThrownBy(() -> store.commit(ALICE, ImageName.parse("win:v2")))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("overlay win@alice: a layer below it was removed")
                .hasMessageContaining(layer.hex());
        assertThatThrownBy(() -> directory.open("win@alice")).hasMessageContaining(layer.hex());
        assertThat(store.overlays()).hasSize(1);
    }

    @Test
    void shouldRemoveOnlyLayersThatNothingElseNeeds() throws Exception {
        LayerId shared = seal(disk(SEED));
        LayerId alone = seal(disk(SEED + 1));
        publish(WIN, shared);
        publish(ImageName.parse("win:v2"), shared, alone);

        Store.Removal removal = store.remove(ImageName.parse("win:v2"));

        assertThat(removal.kept()).isNull();
        assertThat(removal.freedLength()).isGreaterThan(280L * PAGE);
        assertThat(content(WIN)).isEqualTo(disk(SEED));
        assertThat(files(store.layout().blobs())).hasSize(1);
        assertThat(files(store.layout().layers())).hasSize(2).contains(shared.hex() + ".json");
        store.remove(WIN);
        assertThat(files(store.layout().blobs())).isEmpty();
        assertThat(files(store.layout().layers())).isEmpty();
    }

    @Test
    void shouldNotRemoveAnImageThatIsInUseOrStoodOn() throws Exception {
        publish(WIN, seal(disk(SEED)));
        assertThatThrownBy(() -> store.remove(ImageName.parse("mac")))
                .hasMessageContaining("image mac: not in the store");
        Export export = open("win@alice");
        assertThatThrownBy(() -> store.remove(WIN)).isInstanceOf(StoreException.class).hasMessageContaining("in use");
        agent.close(export);
        directory.close();
        assertThatThrownBy(() -> store.remove(WIN)).isInstanceOf(StoreException.class)
                .hasMessageContaining("win@alice");
        assertThat(content(WIN)).isEqualTo(disk(SEED));
        store.reset(ALICE);
        store.remove(WIN);
        assertThat(store.images()).isEmpty();
    }

    @Test
    void shouldKeepLayersThatAnOverlayStandsOnAfterItsNameHasMoved() throws Exception {
        LayerId old = seal(disk(SEED));
        publish(WIN, old);
        publish(ImageName.parse("win:v2"), seal(disk(SEED + 1)));
        agent.close(open("win@alice"));
        directory.close();
        store.tag(ImageName.parse("win:v2"), WIN);

        store.remove(ImageName.parse("win:v2"));

        Export export = open("win@alice");
        assertThat(agent.read(export, 0, SIZE)).isEqualTo(disk(SEED));
        agent.close(export);
    }

    @Test
    void shouldDeleteNoLayersWhileSomeAreBeingWritten() throws Exception {
        publish(WIN, seal(disk(SEED)));
        LayerId fresh;
        try (FileLocks.Lock writing = store.lockForWriting()) {
            fresh = seal(disk(SEED + 1));
            assertThat(store.remove(WIN).kept()).contains("being written");
            publish(ImageName.parse("mac"), fresh);
        }
        assertThat(files(store.layout().blobs())).hasSize(2);
        publish(ImageName.parse("gone"), fresh);
        store.remove(ImageName.parse("gone"));
        assertThat(files(store.layout().blobs())).hasSize(1);
        assertThat(content(ImageName.parse("mac"))).isEqualTo(disk(SEED + 1));
    }

    @Test
    void shouldDeleteNoLayersIfItCannotTellWhichAreNeeded() throws Exception {
        LayerId damaged = seal(disk(SEED + 1));
        publish(WIN, seal(disk(SEED)));
        publish(ImageName.parse("mac"), damaged);
        Files.delete(LayerFiles.manifest(store.layout().layers(), damaged));
        assertThat(store.remove(WIN).kept()).contains("cannot be told");
        assertThat(files(store.layout().blobs())).hasSize(2);
    }
}
