package io.varve.daemon.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.extent.Run;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.PageContent;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class LayerRoundTripTest {

    private final SimFileSpace space = new SimFileSpace();

    @Test
    void shouldReadBackWhatManyLayersSay() throws IOException {
        for (long seed = 1; seed <= 15; seed++) {
            Random random = new Random(seed);
            TestDisk disk = TestDisk.empty(1 + random.nextInt(3 << 20));
            List<LayerId> chain = new ArrayList<>();
            int depth = 1 + random.nextInt(6);
            for (int i = 0; i < depth; i++) {
                long parentSize = disk.size;
                long newSize = random.nextInt(4) == 0 ? 1 + random.nextInt(3 << 20) : disk.size;
                disk = disk.changed(random, newSize);
                try (Chain parent = Chain.open(space, TestLayers.LAYERS, chain, Math.min(parentSize, newSize))) {
                    chain.add(TestLayers.seal(space, TestLayers.LAYERS, disk, parent, random));
                }
            }
            try (Chain opened = Chain.open(space, TestLayers.LAYERS, chain, disk.size)) {
                assertThat(TestLayers.readAll(opened)).as("seed %d", seed).isEqualTo(disk.range(0, (int) disk.size));
                checkRandomReads(opened, disk, random, seed);
                checkNothingIsZeroThatIsStored(opened, disk, seed);
            }
            assertThat(space.openCount()).as("files left open, seed %d", seed).isZero();
            assertThat(space.list(TestLayers.LAYERS.resolveSibling("tmp"))).isEmpty();
        }
    }

    private static void checkRandomReads(Chain chain, TestDisk disk, Random random, long seed) throws IOException {
        for (int i = 0; i < 200; i++) {
            long offset = random.nextInt((int) disk.size);
            int length = (int) Math.min(random.nextInt(200_000), disk.size - offset);
            UnsafeBuffer buffer = Buffers.alignedDirect(length + 16);
            chain.read(offset, buffer, 7, length);
            byte[] actual = new byte[length];
            buffer.getBytes(7, actual);
            assertThat(actual).as("%d bytes at %d, seed %d", length, offset, seed)
                    .isEqualTo(disk.range(offset, length));
        }
    }

    private static void checkNothingIsZeroThatIsStored(Chain chain, TestDisk disk, long seed) {
        Run run = new Run();
        for (long page = 0; page < disk.pageCount(); page++) {
            chain.extents().lookup(page, 1, run);
            boolean zero = PageContent.isZero(disk.bytes, (int) Pages.offset(page));
            assertThat(run.kind() != Run.DATA).as("page %d, seed %d", page, seed).isEqualTo(zero);
        }
    }

    @Test
    void shouldStoreOnlyWhatDiffersFromTheParent() throws IOException {
        TestDisk base = TestDisk.empty(10 * Pages.PAGE_SIZE);
        for (int page = 0; page < 8; page++) {
            base.fill(page, page + 1);
        }
        LayerId baseId = TestLayers.seal(space, TestLayers.LAYERS, base, null, new Random(1));
        base.fill(2, 77);
        base.fill(5, 0);
        base.fill(9, 0);
        LayerId top;
        try (Chain parent = TestLayers.open(space, TestLayers.LAYERS, base, baseId)) {
            top = TestLayers.seal(space, TestLayers.LAYERS, base, parent, new Random(2));
        }

        LayerManifest manifest = LayerManifest.read(space, TestLayers.LAYERS, top);
        assertThat(manifest.dataPageCount()).isEqualTo(1);
        assertThat(manifest.zeroPageCount()).isEqualTo(1);
        assertThat(manifest.extentCount()).isEqualTo(2);
        assertThat(manifest.blobs().get(0).pageCount()).isEqualTo(1);
    }

    @Test
    void shouldSealAnEmptyDiskWithoutABlob() throws IOException {
        TestDisk disk = TestDisk.empty(5000);

        LayerId id = TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));

        assertThat(LayerManifest.read(space, TestLayers.LAYERS, id).blobs()).isEmpty();
        try (Chain chain = TestLayers.open(space, TestLayers.LAYERS, disk, id)) {
            assertThat(TestLayers.readAll(chain)).containsOnly(0).hasSize(5000);
        }
    }

    @Test
    void shouldShareBlobAndMapAndLayerOfTheSameContent() throws IOException {
        TestDisk disk = TestDisk.empty(100_000).changed(new Random(9), 100_000);
        LayerId first = TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));
        long pages = space.allocatedPages();

        LayerId second = TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(2));

        assertThat(second).isEqualTo(first);
        assertThat(space.allocatedPages()).isEqualTo(pages);
    }

    @Test
    void shouldOpenASharedBlobOnce() throws IOException {
        TestDisk disk = TestDisk.empty(50_000);
        disk.fill(3, 5);
        LayerId low = TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));
        TestDisk moved = TestDisk.empty(50_000);
        moved.fill(7, 5);
        LayerId high = TestLayers.seal(space, TestLayers.LAYERS, moved, null, new Random(1));

        try (Chain chain = TestLayers.open(space, TestLayers.LAYERS, disk, low, high)) {
            assertThat(high).isNotEqualTo(low);
            assertThat(space.openCount()).as("pages and checksums of one blob").isEqualTo(2);
            assertThat(chain.layer(1).extents().blobIndex(0)).isZero();
        }
    }
}
