package io.varve.daemon.format.vhd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.ParentChainContract;
import io.varve.daemon.format.ParentException;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.NativeFileSpace;
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
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VhdChainTest extends ParentChainContract {

    private static final int BLOCK = 64 * 1024;
    private static final int SIZE = 9 * BLOCK + 5 * 512;

    VhdChainTest() {
        super(SourceFormat.VHD, SIZE, BLOCK);
    }

    @Test
    void shouldImportNothingOfAFileWhoseBlocksOverlap() throws Exception {
        TestVhd made = TestVhd.dynamic(SIZE, BLOCK).block(2, new byte[BLOCK], 1).block(5, new byte[BLOCK], 1);
        Path file = Files.write(file(0), made.entry(5, made.entry(2) + 3).block(7, new byte[BLOCK], 0).build());
        Store store = Store.openOrCreate(new NativeFileSpace(), file.resolveSibling("store"));
        assertThatThrownBy(() -> new ImageImport(store, SourceFile.of(file, SourceFormat.VHD), ProgressListener.NONE)
                .run(ImageName.parse("win"), null)).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining(file + " is corrupt at byte " + (TestVhd.TABLE + 5 * 4) + ":")
                .hasMessageContaining("another block is there");
        assertThat(store.images()).isEmpty();
        assertThat(new NativeFileSpace().list(store.layout().layers())).isEmpty();
    }

    /** Both times of the child are those of its making; the one of the parent is copied with the file. */
    @Test
    void shouldRefuseAParentThatWasMadeAfterItsChild() throws Exception {
        Path top = writeChain();
        Path parent = file(2);
        Files.setLastModifiedTime(parent, FileTime.fromMillis(0));
        make(parent, 86_400 + 26 * 3600);
        open(top).close();
        Files.setLastModifiedTime(parent, FileTime.from(Instant.now().plusSeconds(86_400 * 400L)));
        open(top).close();
        make(parent, 86_400 + 26 * 3600 + 1);
        assertThatThrownBy(() -> open(top)).isInstanceOf(ParentException.class)
                .hasMessageContaining(parent + " is not the parent").hasMessageContaining("3.vhd")
                .hasMessageContaining("made at 2000-01-03T02:00:01Z").hasMessageContaining("--parent-dir");
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

    @Override
    protected String name(int level) {
        return level + ".vhd";
    }

    @Override
    protected void write(Path file, int level, List<Integer> blocks, Random random) throws IOException {
        TestVhd vhd = level == 0 ? TestVhd.dynamic(SIZE, BLOCK) : TestVhd.differencing(SIZE, BLOCK);
        vhd.id = id(level);
        if (level > 0) {
            UUID parent = id(level - 1);
            vhd.bytes(TestVhd.HEADER + 40).putLong(parent.getMostSignificantBits())
                    .putLong(parent.getLeastSignificantBits());
            String path = "C:\\images\\" + name(level - 1);
            vhd.parentName(path).locator(0, "W2ku", path, 512).locator(1, "W2ru", ".\\" + name(level - 1), 512);
        }
        for (int block : blocks) {
            byte[] data = new byte[BLOCK];
            random.nextBytes(data);
            int[] sectors = IntStream.range(0, BLOCK / 512).filter(sector -> random.nextInt(4) == 0).toArray();
            for (int sector : sectors) {
                put(block, sector, data);
            }
            vhd.block(block, data, sectors);
        }
        Files.write(file, vhd.build());
    }
}
