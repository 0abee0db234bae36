package io.varve.daemon.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.extent.Run;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Maps with right checksums and wrong extents: made by somebody who can compute checksums. */
class MapFileTest {

    private static final String BLOB = "ab".repeat(32);
    private static final long BLOB_PAGES = 50;

    private final SimFileSpace space = new SimFileSpace();
    private final UnsafeBuffer entry = Buffers.alignedDirect(16);
    private TableWriter table;
    private long dataPageCount;

    @BeforeEach
    void begin() throws IOException {
        space.createDirectories(TestLayers.LAYERS);
        space.delete(TestLayers.LAYERS.resolve("new"));
        table = new TableWriter(space.open(TestLayers.LAYERS.resolve("new"), OpenMode.CREATE_NEW), TableKind.MAP);
        dataPageCount = 0;
    }

    @Test
    void shouldReadWhatIsRight() throws IOException {
        data(3, 5, 0, 45);
        zero(8, 1);
        data(99, 1, 0, 0);

        MapFile map = open();

        assertThat(map.extentCount()).isEqualTo(3);
        assertThat(map.pageIndex(2)).isEqualTo(99);
        assertThat(map.pageCount(0)).isEqualTo(5);
        assertThat(map.kind(1)).isEqualTo(Run.ZERO);
        assertThat(map.blobIndex(0)).as("as the chain counts").isEqualTo(7);
        assertThat(map.blobPage(0)).isEqualTo(45);
        assertThatThrownBy(() -> map.kind(3)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shouldRefuseOverlappingExtents() throws IOException {
        data(3, 5, 0, 0);
        data(7, 2, 0, 10);
        refuse("extent 1");
    }

    @Test
    void shouldRefuseExtentsOutOfOrder() throws IOException {
        zero(10, 1);
        zero(3, 1);
        refuse("extent 1");
    }

    @Test
    void shouldRefuseExtentsBehindTheEndOfTheDisk() throws IOException {
        zero(99, 2);
        refuse("extent 0");
    }

    @Test
    void shouldRefuseDataBehindTheEndOfTheBlob() throws IOException {
        data(0, 2, 0, 49);
        refuse("extent 0");
    }

    @Test
    void shouldRefuseBlobsThatTheLayerDoesNotHave() throws IOException {
        data(0, 1, 1, 0);
        refuse("extent 0");
    }

    @Test
    void shouldRefuseUnknownKindsAndReservedBits() throws IOException {
        for (int bit = 0; bit < 128; bit++) {
            begin();
            boolean meaningful = bit < 58 || bit >= 64 && bit < 112;
            MapEntry.put(entry, 0, 1, 1, Run.DATA);
            MapEntry.putTarget(entry, 0, 0, 0);
            entry.putByte(bit / 8, (byte) (entry.getByte(bit / 8) | 1 << bit % 8));
            dataPageCount = 1;
            table.append(entry, 0, 16);
            if (!meaningful || bit == 56) {
                refuse("extent 0");
            }
        }
        begin();
        MapEntry.put(entry, 0, 1, 1, Run.ZERO);
        MapEntry.putTarget(entry, 0, 0, 1);
        table.append(entry, 0, 16);
        refuse("extent 0");
    }

    @Test
    void shouldRefuseCountsThatAreNotTheManifests() throws IOException {
        data(0, 3, 0, 0);
        dataPageCount = 4;
        refuse("3 pages of data");
    }

    private void data(long page, int count, int ordinal, long blobPage) throws IOException {
        MapEntry.put(entry, 0, page, count, Run.DATA);
        MapEntry.putTarget(entry, 0, ordinal, blobPage);
        table.append(entry, 0, 16);
        dataPageCount += count;
    }

    private void zero(long page, int count) throws IOException {
        MapEntry.put(entry, 0, page, count, Run.ZERO);
        table.append(entry, 0, 16);
    }

    private MapFile open() throws IOException {
        long count = table.entryCount();
        String id = table.finish(100, 1);
        table.close();
        space.rename(TestLayers.LAYERS.resolve("new"), LayerFiles.map(TestLayers.LAYERS, id));
        LayerManifest manifest = new LayerManifest(100 * 4096, id, count, dataPageCount, 0,
                List.of(new BlobRef(BLOB, BLOB_PAGES)));
        return MapFile.open(space, TestLayers.LAYERS, manifest, new int[] {7});
    }

    private void refuse(String what) {
        assertThatThrownBy(this::open).isInstanceOf(CorruptDataException.class).hasMessageContaining(what);
    }
}
