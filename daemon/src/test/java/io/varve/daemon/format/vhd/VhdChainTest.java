package io.varve.daemon.format.vhd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.ParentException;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import io.varve.daemon.transfer.ImageImport;
import io.varve.daemon.transfer.ProgressListener;
import io.varve.daemon.transfer.SourceFile;
import io.varve.daemon.transfer.SourceFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Five differencing VHDs on a dynamic one. */
class VhdChainTest {

    private static final int BLOCK = 64 * 1024;
    private static final int SIZE = 9 * BLOCK + 5 * 512;
    private static final int FILE_COUNT = 6;
    private static final long SEED = 20;

    @TempDir
    private Path directory;
    private final byte[] disk = new byte[SIZE];

    @Test
    void shouldBeOneDisk() throws Exception {
        Path top = writeChain();
        try (ImageChain chain = new ImageOpener(new NativeFileSpace(), ImageReader::ofAll, List.of())
                .open(top, Optional.empty()).chain()) {
            assertThat(chain.images()).hasSize(FILE_COUNT);
            UnsafeBuffer buffer = Buffers.alignedDirect(SIZE);
            chain.read(0, buffer, 0, SIZE);
            assertThat(bytes(buffer)).isEqualTo(disk);
        }
    }

    @Test
    void shouldBecomeOneLayerPerFile() throws Exception {
        Path top = writeChain();
        Store store = Store.openOrCreate(new NativeFileSpace(), directory.resolve("store"));

        ImageImport.Outcome outcome = new ImageImport(store, SourceFile.of(top, SourceFormat.AUTO),
                ProgressListener.NONE).run(ImageName.parse("win:lab7"), null);

        assertThat(outcome.image().chain()).hasSize(FILE_COUNT);
        try (Chain chain = store.openChain(outcome.image().chain(), SIZE)) {
            UnsafeBuffer buffer = Buffers.alignedDirect(SIZE);
            chain.read(0, buffer, 0, SIZE);
            assertThat(bytes(buffer)).isEqualTo(disk);
        }
        ImageImport.Outcome again = new ImageImport(store, SourceFile.of(top, SourceFormat.VHD),
                ProgressListener.NONE).run(ImageName.parse("win:lab8"), null);
        assertThat(again.knownLayerCount()).isEqualTo(FILE_COUNT);
    }

    @Test
    void shouldRefuseAParentThatWasExchanged() throws Exception {
        Path top = writeChain();
        Files.copy(directory.resolve("0.vhd"), directory.resolve("2.vhd"),
                StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> new ImageOpener(new NativeFileSpace(), ImageReader::ofAll, List.of())
                .open(top, Optional.empty())).isInstanceOf(ParentException.class)
                .hasMessageContaining("2.vhd").hasMessageContaining(id(0).toString())
                .hasMessageContaining(id(2).toString());
    }

    /** Both times of the child are those of its making; the one of the parent is copied with the file. */
    @Test
    void shouldRefuseAParentThatWasMadeAfterItsChild() throws Exception {
        Path top = writeChain();
        Path parent = directory.resolve("2.vhd");
        Files.setLastModifiedTime(parent, FileTime.fromMillis(0));
        make(parent, 86_400 + 26 * 3600);
        open(top);
        Files.setLastModifiedTime(parent, FileTime.from(Instant.now().plusSeconds(86_400 * 400L)));
        open(top);
        make(parent, 86_400 + 26 * 3600 + 1);
        assertThatThrownBy(() -> open(top)).isInstanceOf(ParentException.class)
                .hasMessageContaining(parent + " is not the parent").hasMessageContaining("3.vhd")
                .hasMessageContaining("made at 2000-01-03T02:00:01Z").hasMessageContaining("--parent-dir");
    }

    private static void open(Path top) throws IOException {
        new ImageOpener(new NativeFileSpace(), ImageReader::ofAll, List.of()).open(top, Optional.empty()).chain()
                .close();
    }

    /** @param seconds since 2000, in both footers */
    private static void make(Path file, int seconds) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        FileTime before = Files.getLastModifiedTime(file);
        for (int footer : new int[] {0, bytes.length - 512}) {
            ByteBuffer.wrap(bytes).putInt(footer + 24, seconds);
            TestVhd.seal(bytes, footer, 512, 64);
        }
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, before);
    }

    private Path writeChain() throws IOException {
        Random random = new Random(SEED);
        Path file = null;
        for (int level = 0; level < FILE_COUNT; level++) {
            TestVhd vhd = level == 0 ? TestVhd.dynamic(SIZE, BLOCK) : TestVhd.differencing(SIZE, BLOCK);
            vhd.id = id(level);
            if (level > 0) {
                UUID parent = id(level - 1);
                vhd.bytes(TestVhd.HEADER + 40).putLong(parent.getMostSignificantBits())
                        .putLong(parent.getLeastSignificantBits());
                vhd.parentName("C:\\images\\" + (level - 1) + ".vhd")
                        .locator(0, "W2ku", "C:\\images\\" + (level - 1) + ".vhd", 512)
                        .locator(1, "W2ru", ".\\" + (level - 1) + ".vhd", 512);
            }
            for (int block = 0; block * BLOCK < SIZE; block++) {
                if (random.nextInt(3) > 0) {
                    putBlock(vhd, block, random);
                }
            }
            file = directory.resolve(level + ".vhd");
            Files.write(file, vhd.build());
        }
        return file;
    }

    private void putBlock(TestVhd vhd, int block, Random random) {
        byte[] data = new byte[BLOCK];
        random.nextBytes(data);
        int[] sectors = IntStream.range(0, BLOCK / 512).filter(sector -> random.nextInt(4) == 0).toArray();
        for (int sector : sectors) {
            int from = block * BLOCK + sector * 512;
            if (from < SIZE) {
                System.arraycopy(data, sector * 512, disk, from, 512);
            }
        }
        vhd.block(block, data, sectors);
    }

    private static UUID id(int level) {
        return new UUID(SEED, level + 1);
    }

    private static byte[] bytes(UnsafeBuffer buffer) {
        byte[] bytes = new byte[SIZE];
        buffer.getBytes(0, bytes);
        return bytes;
    }
}
