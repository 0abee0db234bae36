package io.varve.daemon.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Five differencing files on a dynamic one, of a format whose children know their parents by ids. */
public abstract class ParentChainContract {

    private static final int FILE_COUNT = 6;
    private static final long SEED = 20;

    @TempDir
    private Path directory;
    private final SourceFormat format;
    private final int blockLength;
    private final byte[] disk;

    /** @param size of the disk, no whole number of blocks */
    protected ParentChainContract(SourceFormat format, int size, int blockLength) {
        this.format = format;
        this.blockLength = blockLength;
        this.disk = new byte[size];
    }

    /**
     * Writes a file; its parent is that of the level before, which lies beside it.
     *
     * @param blocks that it has; their sectors are told to {@link #put}
     */
    protected abstract void write(Path file, int level, List<Integer> blocks, Random random) throws IOException;

    /** Of the file of a level. */
    protected abstract String name(int level);

    protected static UUID id(int level) {
        return new UUID(SEED, level + 1);
    }

    /** A sector of the file that is written is the disk's from now on. */
    protected final void put(int block, int sector, byte[] data) {
        int from = block * blockLength + sector * 512;
        if (from < disk.length) {
            System.arraycopy(data, sector * 512, disk, from, 512);
        }
    }

    protected final Path file(int level) {
        return directory.resolve(name(level));
    }

    /** The file on top. */
    protected final Path writeChain() throws IOException {
        Random random = new Random(SEED);
        for (int level = 0; level < FILE_COUNT; level++) {
            List<Integer> blocks = IntStream.rangeClosed(0, disk.length / blockLength)
                    .filter(block -> random.nextInt(3) > 0).boxed().toList();
            write(file(level), level, blocks, random);
        }
        return file(FILE_COUNT - 1);
    }

    protected static ImageChain open(Path top) throws IOException {
        return new ImageOpener(new NativeFileSpace(), ImageReader::ofAll, List.of())
                .open(top, Optional.empty()).chain();
    }

    @Test
    void shouldBeOneDisk() throws IOException {
        try (ImageChain chain = open(writeChain())) {
            assertThat(chain.images()).hasSize(FILE_COUNT);
            UnsafeBuffer buffer = Buffers.alignedDirect(disk.length);
            chain.read(0, buffer, 0, disk.length);
            assertThat(bytes(buffer)).as("seed %d", SEED).isEqualTo(disk);
        }
    }

    @Test
    void shouldBecomeOneLayerPerFile() throws Exception {
        Path top = writeChain();
        Store store = Store.openOrCreate(new NativeFileSpace(), directory.resolve("store"));

        ImageImport.Outcome outcome = new ImageImport(store, SourceFile.of(top, SourceFormat.AUTO),
                ProgressListener.NONE).run(ImageName.parse("win:lab7"), null);

        assertThat(outcome.image().chain()).hasSize(FILE_COUNT);
        try (Chain chain = store.openChain(outcome.image().chain(), disk.length)) {
            UnsafeBuffer buffer = Buffers.alignedDirect(disk.length);
            chain.read(0, buffer, 0, disk.length);
            assertThat(bytes(buffer)).as("seed %d", SEED).isEqualTo(disk);
        }
        ImageImport.Outcome again = new ImageImport(store, SourceFile.of(top, format),
                ProgressListener.NONE).run(ImageName.parse("win:lab8"), null);
        assertThat(again.knownLayerCount()).isEqualTo(FILE_COUNT);
    }

    @Test
    void shouldRefuseAParentThatWasExchanged() throws IOException {
        Path top = writeChain();
        Files.copy(file(0), file(2), StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> open(top)).isInstanceOf(ParentException.class)
                .hasMessageContaining(name(2)).hasMessageContaining(id(0).toString())
                .hasMessageContaining(id(2).toString());
    }

    private static byte[] bytes(UnsafeBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return bytes;
    }
}
