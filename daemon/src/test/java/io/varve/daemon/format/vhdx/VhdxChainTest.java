package io.varve.daemon.format.vhdx;

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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Five differencing VHDX files on a dynamic one. */
class VhdxChainTest {

    private static final int BLOCK = TestVhdx.MIB;
    private static final int SIZE = 3 * BLOCK + 5 * 512;
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
        ImageImport.Outcome again = new ImageImport(store, SourceFile.of(top, SourceFormat.VHDX),
                ProgressListener.NONE).run(ImageName.parse("win:lab8"), null);
        assertThat(again.knownLayerCount()).isEqualTo(FILE_COUNT);
    }

    @Test
    void shouldRefuseAParentThatWasExchanged() throws Exception {
        Path top = writeChain();
        Files.copy(directory.resolve("0000.vhdx"), directory.resolve("0002.vhdx"),
                StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> new ImageOpener(new NativeFileSpace(), ImageReader::ofAll, List.of())
                .open(top, Optional.empty())).isInstanceOf(ParentException.class)
                .hasMessageContaining("2.vhdx").hasMessageContaining(id(0).toString())
                .hasMessageContaining(id(2).toString());
    }

    private Path writeChain() throws IOException {
        Random random = new Random(SEED);
        Path file = null;
        for (int level = 0; level < FILE_COUNT; level++) {
            TestVhdx vhdx = new TestVhdx(SIZE, BLOCK, 512, level > 0);
            vhdx.header(64 * 1024, 6, id(level).toString(), TestVhdx.NO_GUID);
            vhdx.header(128 * 1024, 7, id(level).toString(), TestVhdx.NO_GUID);
            if (level > 0) {
                replace(vhdx, TestVhdx.PARENT_GUID.toUpperCase(Locale.ROOT), id(level - 1).toString());
                replace(vhdx, ".\\base.vhdx", ".\\000" + (level - 1) + ".vhdx");
            }
            for (int block = 0; block * BLOCK < SIZE; block++) {
                if (random.nextInt(3) > 0) {
                    putBlock(vhdx, level, block, random);
                }
            }
            file = directory.resolve("000" + level + ".vhdx");
            Files.write(file, vhdx.file.get(0, (int) vhdx.file.size()));
        }
        return file;
    }

    private void putBlock(TestVhdx vhdx, int level, int block, Random random) {
        byte[] data = new byte[BLOCK];
        random.nextBytes(data);
        boolean full = level == 0 || random.nextInt(4) == 0;
        long position = full ? vhdx.full(block) : vhdx.partial(block);
        vhdx.file.put(position, data);
        for (int sector = 0; sector < BLOCK / 512; sector++) {
            if (full || random.nextInt(4) == 0) {
                if (!full) {
                    vhdx.own(block, sector);
                }
                int from = block * BLOCK + sector * 512;
                if (from < SIZE) {
                    System.arraycopy(data, sector * 512, disk, from, 512);
                }
            }
        }
    }

    /** Of the same length, in the locator. */
    private static void replace(TestVhdx vhdx, String old, String wanted) {
        byte[] metadata = vhdx.file.get(TestVhdx.METADATA, TestVhdx.MIB);
        String text = new String(metadata, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(new String(old.getBytes(StandardCharsets.UTF_16LE), StandardCharsets.ISO_8859_1));
        assertThat(at).isPositive();
        vhdx.file.put(TestVhdx.METADATA + at, wanted.getBytes(StandardCharsets.UTF_16LE));
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
