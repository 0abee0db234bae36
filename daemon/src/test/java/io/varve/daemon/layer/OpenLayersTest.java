package io.varve.daemon.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OpenLayersTest {

    private static final LayerId UNKNOWN = new LayerId("0".repeat(64));

    private SimFileSpace space;
    private OpenLayers shared;

    @BeforeEach
    void makeStore() throws IOException {
        space = TestLayers.store();
        shared = new OpenLayers(space, TestLayers.LAYERS);
    }

    private Chain open(List<LayerId> baseFirst, long size) throws IOException {
        return Chain.open(shared, baseFirst, size, FrozenLayer.Finder.NONE, List.of());
    }

    /** Layers, base first, and the disk that they make. */
    private record Sealed(List<LayerId> layers, TestDisk disk) {}

    private Sealed above(Sealed below, Random random, long size) throws IOException {
        TestDisk disk = below.disk.changed(random, size);
        List<LayerId> layers = new ArrayList<>(below.layers);
        // At the new size: what a layer further down says behind the end of a smaller one is to be covered.
        try (Chain parent = Chain.open(space, TestLayers.LAYERS, layers, size)) {
            layers.add(TestLayers.seal(space, TestLayers.LAYERS, disk, parent, random));
        }
        return new Sealed(layers, disk);
    }

    /** Whether the chain is the disk, as far as it goes; arrays of a megabyte are no message. */
    private static boolean reads(Chain chain, TestDisk disk) throws IOException {
        return Arrays.equals(TestLayers.readAll(chain), disk.range(0, (int) chain.size()));
    }

    @Test
    void shouldReadWhatEachChainSaysWhateverElseIsOpen() throws IOException {
        for (long seed = 1; seed <= 10; seed++) {
            Random random = new Random(seed);
            List<Sealed> all = new ArrayList<>();
            all.add(above(new Sealed(List.of(), TestDisk.empty(1 << 20)), random, 1 << 20));
            for (int i = 0; i < 8; i++) {
                Sealed below = all.get(random.nextInt(all.size()));
                long size = random.nextInt(5) == 0 ? 1 + random.nextInt(1 << 20) : below.disk.size;
                all.add(above(below, random, size));
            }
            List<Chain> open = new ArrayList<>();
            List<Sealed> opened = new ArrayList<>();
            for (int step = 0; step < 60; step++) {
                if (!open.isEmpty() && random.nextInt(3) == 0) {
                    int leaving = random.nextInt(open.size());
                    open.remove(leaving).close();
                    opened.remove(leaving);
                } else {
                    Sealed next = all.get(random.nextInt(all.size()));
                    open.add(open(next.layers, next.disk.size));
                    opened.add(next);
                }
                for (int i = 0; i < open.size(); i++) {
                    assertThat(reads(open.get(i), opened.get(i).disk)).as("seed %d, step %d, chain %d", seed, step, i)
                            .isTrue();
                }
            }
            for (Chain chain : open) {
                chain.close();
            }
            assertThat(space.openCount()).as("files left open, seed %d", seed).isZero();
        }
    }

    @Test
    void shouldOpenOnceWhatSeveralChainsHave() throws IOException {
        Random random = new Random(1);
        Sealed base = above(new Sealed(List.of(), TestDisk.empty(1 << 20)), random, 1 << 20);
        Sealed one = above(base, random, 1 << 20);
        Sealed other = above(base, random, 1 << 20);
        int before = space.openCount();

        try (Chain first = open(one.layers, 1 << 20)) {
            int alone = space.openCount() - before;
            try (Chain second = open(other.layers, 1 << 20)) {
                assertThat(second.source(0)).as("blob of the base").isSameAs(first.source(0));
                assertThat(space.openCount() - before - alone).as("files of the second chain")
                        .isEqualTo(alone / 2).isPositive();
            }
            assertThat(reads(first, one.disk)).isTrue();
        }
        assertThat(space.openCount()).isEqualTo(before);
    }

    @Test
    void shouldFlattenForAllWhatIsCommon() throws IOException {
        Random random = new Random(2);
        Sealed base = above(new Sealed(List.of(), TestDisk.empty(1 << 20)), random, 1 << 20);
        Sealed top = above(base, random, 1 << 20);

        try (Chain below = open(base.layers, 1 << 20); Chain above = open(top.layers, 1 << 20)) {
            TestLayers.readAll(above);

            assertThat(below.extents().isFlattened(0)).isTrue();
            assertThat(reads(below, base.disk)).isTrue();
        }
    }

    @Test
    void shouldNotShareRegionsOfDisksOfOtherSizes() throws IOException {
        Random random = new Random(3);
        Sealed base = above(new Sealed(List.of(), TestDisk.empty(1 << 20)), random, 1 << 20);

        try (Chain whole = open(base.layers, 1 << 20); Chain half = open(base.layers, 1 << 19)) {
            assertThat(half.extents().pageCount()).isEqualTo(Pages.count(1 << 19));
            assertThat(reads(half, base.disk)).isTrue();
            assertThat(reads(whole, base.disk)).isTrue();
        }
    }

    @Test
    void shouldKeepNothingOpenOfAChainThatDoesNotOpen() throws IOException {
        Sealed base = above(new Sealed(List.of(), TestDisk.empty(1 << 20)), new Random(4), 1 << 20);
        List<LayerId> broken = List.of(base.layers.get(0), UNKNOWN);
        int before = space.openCount();

        assertThatThrownBy(() -> open(broken, 1 << 20)).isInstanceOf(NoSuchFileException.class);

        assertThat(space.openCount()).isEqualTo(before);
    }
}
