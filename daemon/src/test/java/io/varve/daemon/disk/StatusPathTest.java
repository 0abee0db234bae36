package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatusPathTest {

    private static final int PAGE_COUNT = 64;
    private static final long SIZE = (long) PAGE_COUNT * Pages.PAGE_SIZE;

    /** Pages 0 to 9 data, 10 to 19 zero, the others nothing; 4 to 5 and 12 written by the client, 30 to 31 zeroed. */
    private FakeLayers layers;
    private DiskFixture fixture;

    @BeforeEach
    void open() throws IOException {
        layers = new FakeLayers(PAGE_COUNT, new Random(5)).blob(PAGE_COUNT).data(0, 10, 0, 20).zero(10, 10);
        fixture = new DiskFixture(layers, SIZE);
        fixture.write(4L * Pages.PAGE_SIZE, new byte[2 * Pages.PAGE_SIZE], 0);
        fixture.write(12L * Pages.PAGE_SIZE, new byte[Pages.PAGE_SIZE], 0);
        fixture.zeroes(30L * Pages.PAGE_SIZE, 2 * Pages.PAGE_SIZE, 0);
        fixture.settle();
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void shouldOfferWhatItAnswers() {
        assertThat(fixture.disk.info().metaContexts())
                .containsExactly("base:allocation", "qemu:allocation-depth", "x-varve:layer", "x-varve:resident");
    }

    @Test
    void shouldTellWhatIsAllocated() {
        assertThat(status(DiskContext.ALLOCATION, 0, SIZE)).containsExactly("10x0", "2x3", "1x0", "51x3");
        assertThat(status(DiskContext.ALLOCATION, 4096 + 512, 1024)).containsExactly("1024 bytes x0");
    }

    @Test
    void shouldTellHowDeepPagesLie() throws Exception {
        assertThat(status(DiskContext.DEPTH, 0, SIZE))
                .containsExactly("4x2", "2x1", "6x2", "1x1", "7x2", "10x0", "2x1", "32x0");
        openReadOnly();
        assertThat(status(DiskContext.DEPTH, 0, SIZE)).containsExactly("20x1", "44x0");
    }

    @Test
    void shouldTellWhichLayerPagesLieIn() throws Exception {
        assertThat(status(DiskContext.LAYER, 0, SIZE))
                .containsExactly("4x1", "2x2", "6x1", "1x2", "7x1", "10x0", "2x2", "32x0");
        openReadOnly();
        assertThat(status(DiskContext.LAYER, 0, SIZE)).containsExactly("20x1", "44x0");
    }

    private void openReadOnly() throws Exception {
        fixture.close();
        fixture = new DiskFixture(layers, SIZE, false);
    }

    @Test
    void shouldTellWhatIsInMemory() {
        assertThat(status(DiskContext.RESIDENT, 0, SIZE)).containsExactly("64x1");
        layers.residency(length -> 0);
        long readBefore = layers.blobAt(0).bytesRead;
        assertThat(status(DiskContext.RESIDENT, 0, SIZE)).containsExactly("4x0", "2x1", "4x0", "54x1");
        assertThat(layers.blobAt(0).bytesRead).as("nothing is brought into memory").isEqualTo(readBefore);
        layers.blobAt(0).failure = new IOException("bad sector");
        layers.residency(length -> length);
        assertThat(status(DiskContext.RESIDENT, 0, 4 * Pages.PAGE_SIZE)).containsExactly("4x0");
    }

    @Test
    void shouldAnswerForTheBeginningWhenTheWholeWouldTakeLong() throws Exception {
        int pageCount = 1 << 20;
        FakeLayers large = new FakeLayers(pageCount, new Random(6)).blob(1).data(0, 1, 0, 0);
        try (DiskFixture disk = new DiskFixture(large, (long) pageCount * Pages.PAGE_SIZE)) {
            long length = (long) pageCount * Pages.PAGE_SIZE;
            for (DiskContext context : DiskContext.values()) {
                long end = 0;
                int answers = 0;
                while (end < length) {
                    long[] answered = {0};
                    disk.disk.blockStatus(context.ordinal(), end, length - end, (extentLength, flags) -> {
                        answered[0] += extentLength;
                        return true;
                    });
                    assertThat(answered[0]).isPositive();
                    end += answered[0];
                    answers++;
                }
                assertThat(end).isEqualTo(length);
                // 128 regions of 32 MiB, of which each has to be flattened by the first who asks.
                assertThat(answers).as("%s", context).isLessThan(20);
                if (context == DiskContext.ALLOCATION) {
                    assertThat(answers).isGreaterThan(5);
                }
            }
        }
    }

    private List<String> status(DiskContext context, long offset, long length) {
        List<String> extents = new ArrayList<>();
        long[] last = {0, -1};
        fixture.disk.blockStatus(context.ordinal(), offset, length, (extentLength, flags) -> {
            if (last[1] == flags) {
                extents.remove(extents.size() - 1);
                last[0] += extentLength;
            } else {
                last[0] = extentLength;
                last[1] = flags;
            }
            extents.add((last[0] % Pages.PAGE_SIZE == 0 ? last[0] / Pages.PAGE_SIZE + "x" : last[0] + " bytes x")
                    + flags);
            return true;
        });
        return extents;
    }
}
