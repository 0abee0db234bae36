package io.varve.daemon.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.FakeChain;
import io.varve.daemon.format.FakeImage;
import io.varve.daemon.format.FakeImage.Header;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.Piece;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerManifest;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import io.varve.shim.NativeSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChainImportTest {

    private static final int PAGE = 4096;
    private static final int[][] SIZES = {
        {40_000}, {100_000, 100_000}, {65_536, 65_536, 65_536}, {30_000, 90_001, 60_000},
        {90_000, 20_480, 90_112, 70_001}, {81_920, 10_300, 81_920}
    };

    @TempDir
    private Path directory;
    private Store store;

    /** Unpacking the library is one thing that an interrupted thread cannot do. */
    @BeforeAll
    static void loadNativeLibrary() {
        assertThat(NativeSupport.available()).as(NativeSupport.reason()).isTrue();
    }

    @BeforeEach
    void makeStore() throws IOException {
        store = Store.openOrCreate(new NativeFileSpace(), directory.resolve("store"));
    }

    @Test
    void shouldImportChainsToTheSector() throws Exception {
        int splitCount = 0;
        for (int seed = 0; seed < SIZES.length * 3; seed++) {
            FakeChain fake = FakeChain.write(directory, "s" + seed, seed, SIZES[seed % SIZES.length]);
            ImageImport.Outcome outcome = importFile(fake.top(), name("whole" + seed));
            assertThat(content(outcome.image())).as("seed %d", seed).isEqualTo(fake.topContent());
            assertThat(outcome.knownLayerCount()).isZero();
            if (outcome.image().chain().size() < fake.files().size()) {
                continue; // A file said nothing that was not so below it.
            }
            splitCount++;
            for (int level = 0; level < fake.files().size(); level++) {
                byte[] expected = fake.contents().get(level);
                ImageManifest part = new ImageManifest(expected.length, outcome.image().chain().subList(0, level + 1),
                        outcome.image().created(), "", null);
                assertThat(content(part)).as("seed %d, level %d", seed, level).isEqualTo(expected);
            }
        }
        assertThat(splitCount).as("chains of which each file became a layer").isGreaterThan(12);
    }

    @Test
    void shouldStoreThePagesThatAFileSpeaksOfAndNoOthers() throws Exception {
        byte[] base = random(20 * PAGE);
        writeFake("base.vhdx", Header.base(ImageFormat.VHDX, base.length, "a"), Piece.DATA, base);
        byte[] kinds = new byte[base.length / FakeImage.SECTOR];
        kinds[3] = Piece.DATA;
        kinds[8 * 5 + 7] = Piece.ENCODED;
        kinds[8 * 6] = Piece.ENCODED;
        Arrays.fill(kinds, 8 * 10, 8 * 12 + 1, (byte) Piece.ZERO);
        byte[] own = random(base.length + 1);
        System.arraycopy(base, 8 * 6 * 512, own, 8 * 6 * 512, 512);
        Path child = directory.resolve("child.vhdx");
        FakeImage.write(child, Header.child(ImageFormat.VHDX, base.length, "b", "base.vhdx", "a"), kinds,
                Arrays.copyOf(own, base.length));

        ImageManifest image = importFile(child, name("x")).image();

        LayerManifest top = store.layer(image.chain().get(1));
        assertThat(top.dataPageCount()).as("pages 0, 5, and 12; page 6 is the parent's").isEqualTo(3);
        assertThat(top.zeroPageCount()).as("pages 10 and 11").isEqualTo(2);
    }

    @Test
    void shouldReadParentsOnlyOnce() throws Exception {
        FakeChain fake = FakeChain.write(directory, "c", 3, 300_000, 300_000, 300_000);
        ImageImport.Outcome base = importFile(fake.files().get(1), name("base"));
        List<Path> read = new ArrayList<>();
        FileSpace watching = new HookedFileSpace() {
            @Override
            void beforeRead(Path file, long position) {
                if (position > 8192) {
                    read.add(file);
                }
            }
        };
        Store watched = Store.open(watching, directory.resolve("store"));

        ImageImport.Outcome top = new ImageImport(watched, fake(fake.top()), ProgressListener.NONE)
                .run(name("top"), null);

        assertThat(top.knownLayerCount()).isEqualTo(2);
        assertThat(top.image().chain()).startsWith(base.image().chain().toArray(new LayerId[0]));
        assertThat(content(top.image())).isEqualTo(fake.topContent());
        assertThat(importFile(fake.top(), name("again")).knownLayerCount()).isEqualTo(3);

        Files.setLastModifiedTime(fake.files().get(0), FileTime.fromMillis(1));
        assertThat(importFile(fake.top(), name("anew")).knownLayerCount()).as("the base changed").isZero();
    }

    @Test
    void shouldForgetWhatIsGone() throws Exception {
        FakeChain fake = FakeChain.write(directory, "g", 4, 100_000, 100_000);
        importFile(fake.top(), name("x"));
        Path records = directory.resolve("store/foreign");
        assertThat(Files.list(records)).hasSize(2);
        store.remove(name("x"));
        assertThat(importFile(fake.top(), name("y")).knownLayerCount()).isZero();
        assertThat(content(store.image(name("y")))).isEqualTo(fake.topContent());
        store.collectGarbage(Duration.ZERO);
        assertThat(Files.list(records)).hasSize(2);
        store.remove(name("y"));
        store.collectGarbage(Duration.ZERO);
        assertThat(Files.list(records)).isEmpty();
    }

    @Test
    void shouldNotBelieveADamagedRecord() throws Exception {
        FakeChain fake = FakeChain.write(directory, "d", 4, 100_000, 100_000);
        importFile(fake.top(), name("x"));
        for (Path record : Files.list(directory.resolve("store/foreign")).toList()) {
            Files.writeString(record, Files.readString(record).replaceFirst("vhdx", "vhdy"));
        }
        assertThat(importFile(fake.top(), name("y")).knownLayerCount()).isZero();
        assertThat(importFile(fake.top(), name("z")).knownLayerCount()).isEqualTo(2);
    }

    @Test
    void shouldGoOnWithTheFileWhereItWasInterrupted() throws Exception {
        FakeChain fake = FakeChain.write(directory, "i", 5, 200_000, 200_000, 200_000);
        FileSpace interrupting = new HookedFileSpace() {
            @Override
            void beforeRead(Path file, long position) {
                if (file.equals(fake.files().get(1)) && position > 100_000) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        Store interrupted = Store.open(interrupting, directory.resolve("store"));
        assertThatThrownBy(() -> new ImageImport(interrupted, fake(fake.top()), ProgressListener.NONE)
                .run(name("x"), null)).isInstanceOf(InterruptedException.class);
        assertThat(store.images()).isEmpty();

        ImageImport.Outcome outcome = importFile(fake.top(), name("x"));

        assertThat(outcome.knownLayerCount()).isEqualTo(1);
        assertThat(content(outcome.image())).isEqualTo(fake.topContent());
        assertThat(Files.list(directory.resolve("store/tmp"))).isEmpty();
    }

    @Test
    void shouldLeaveNothingOfAChainThatChanges() throws Exception {
        FakeChain fake = FakeChain.write(directory, "h", 6, 200_000, 200_000, 200_000);
        for (int changed = 0; changed < 3; changed++) {
            Path victim = fake.files().get(changed);
            byte[] before = Files.readAllBytes(victim);
            FileSpace changing = new HookedFileSpace() {
                @Override
                void beforeRead(Path file, long position) throws IOException {
                    if (file.equals(fake.files().get(2)) && position > 100_000) {
                        Files.write(victim, Arrays.copyOf(before, before.length + 1));
                    }
                }
            };
            Store shaken = Store.open(changing, directory.resolve("store"));
            assertThatThrownBy(() -> new ImageImport(shaken, fake(fake.top()), ProgressListener.NONE)
                    .run(name("x"), null)).isInstanceOf(ImportException.class)
                    .hasMessageContaining(victim.toString()).hasMessageContaining("changed while it was read");
            for (String place : List.of("layers", "blobs", "tmp", "images", "foreign")) {
                assertThat(Files.list(directory.resolve("store").resolve(place))).as(place).isEmpty();
            }
            Files.write(victim, before);
        }
        assertThat(content(importFile(fake.top(), name("x")).image())).isEqualTo(fake.topContent());
    }

    @Test
    void shouldPutAChainOnAnImageAsOneLayer() throws Exception {
        FakeChain fake = FakeChain.write(directory, "p", 7, 100_000, 90_000, 110_000);
        Path raw = directory.resolve("raw");
        Files.write(raw, random(150_000));
        importFile(raw, name("old"));

        ImageImport.Outcome outcome = new ImageImport(store, fake(fake.top()), ProgressListener.NONE)
                .run(name("new"), name("old"));

        assertThat(outcome.image().chain()).hasSize(2);
        assertThat(content(outcome.image())).isEqualTo(fake.topContent());
    }

    @Test
    void shouldShowTheProgressOfTheWholeChain() throws Exception {
        FakeChain fake = FakeChain.write(directory, "q", 8, 100_000, 90_000, 110_000);
        List<Long> done = new ArrayList<>();
        new ImageImport(store, fake(fake.top()), (bytesDone, bytesTotal, rate) -> {
            assertThat(bytesTotal).isEqualTo(300_000);
            done.add(bytesDone);
        }).run(name("x"), null);
        assertThat(done).isSorted().contains(100_000L, 190_000L).endsWith(300_000L);
    }

    private ImageImport.Outcome importFile(Path file, ImageName image) throws Exception {
        return new ImageImport(store, fake(file), ProgressListener.NONE).run(image, null);
    }

    private static SourceFile fake(Path file) {
        SourceFormat format = file.toString().endsWith(".vhdx") ? SourceFormat.VHDX : SourceFormat.RAW;
        return new SourceFile(file, format, List.of(), FakeImage::read);
    }

    private void writeFake(String name, Header header, int kind, byte[] content) throws IOException {
        byte[] kinds = new byte[(content.length + FakeImage.SECTOR - 1) / FakeImage.SECTOR];
        Arrays.fill(kinds, (byte) kind);
        FakeImage.write(directory.resolve(name), header, kinds, content);
    }

    private byte[] content(ImageManifest image) throws IOException {
        int size = (int) image.size();
        try (Chain chain = store.openChain(image.chain(), size)) {
            UnsafeBuffer buffer = Buffers.alignedDirect(size);
            chain.read(0, buffer, 0, size);
            byte[] content = new byte[size];
            buffer.getBytes(0, content);
            return content;
        }
    }

    private static ImageName name(String name) {
        return ImageName.parse(name);
    }

    private static byte[] random(int length) {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        return content;
    }
}
