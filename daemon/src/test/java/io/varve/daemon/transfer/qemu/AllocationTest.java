package io.varve.daemon.transfer.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.client.StatusExtent;
import io.varve.nbd.wire.NbdProtocol;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AllocationTest {

    private static final int SECTOR = 512;

    @Test
    void shouldKnowNothingUntilItIsTold() {
        Allocation allocation = new Allocation(1 << 20);

        assertThat(allocation.knows(0)).isFalse();
        allocation.add(0, List.of(content(SECTOR)));
        assertThat(allocation.knows(0)).isTrue();
        assertThat(allocation.knows(SECTOR)).isFalse();
    }

    @Test
    void shouldForgetWhatDoesNotLeadToWhatIsNew() {
        Allocation allocation = new Allocation(1 << 20);
        allocation.add(0, List.of(content(4096)));
        allocation.add(8192, List.of(zero(4096)));

        assertThat(allocation.knows(0)).isFalse();
        assertThat(allocation.knows(8192)).isTrue();
        assertThat(allocation.nextContent(8192)).isEqualTo(12288);
    }

    @Test
    void shouldTakeSectorsThatArePartlyZeroForContent() {
        Allocation allocation = new Allocation(4 * SECTOR);
        allocation.add(0, List.of(zero(600), content(10), zero(4 * SECTOR - 610)));

        assertThat(allocation.contentEnd(0)).isZero();
        assertThat(allocation.nextContent(0)).isEqualTo(SECTOR);
        assertThat(allocation.contentEnd(SECTOR)).isEqualTo(2 * SECTOR);
        assertThat(allocation.nextContent(2 * SECTOR)).isEqualTo(4 * SECTOR);
    }

    @Test
    void shouldSayOfEverySectorWhatItWasTold() {
        for (long seed = 1; seed <= 200; seed++) {
            check(seed);
        }
    }

    private static void check(long seed) {
        Random random = new Random(seed);
        int sectorCount = 1 + random.nextInt(400);
        BitSet content = new BitSet(sectorCount);
        Allocation allocation = new Allocation((long) sectorCount * SECTOR);
        int read = 0;
        int told = 0;
        while (told < sectorCount) {
            List<StatusExtent> extents = new ArrayList<>();
            int from = told;
            for (int i = 1 + random.nextInt(5); i > 0 && told < sectorCount; i--) {
                int count = 1 + random.nextInt(Math.min(30, sectorCount - told));
                boolean zero = random.nextBoolean();
                content.set(told, told + count, !zero);
                extents.add(zero ? zero((long) count * SECTOR) : content((long) count * SECTOR));
                told += count;
            }
            allocation.add((long) from * SECTOR, extents);
            read += random.nextInt(told - read + 1);
            allocation.forgetBefore((long) read * SECTOR);
            for (int sector = read; sector < told; sector++) {
                assertSector(allocation, content, sector, told, "seed " + seed);
            }
        }
    }

    private static void assertSector(Allocation allocation, BitSet content, int sector, int told, String name) {
        long offset = (long) sector * SECTOR;
        int contentEnd = Math.min(told, content.nextClearBit(sector));
        int nextContent = content.nextSetBit(sector);
        assertThat(allocation.knows(offset)).as(name).isTrue();
        assertThat(allocation.contentEnd(offset)).as(name).isEqualTo((long) contentEnd * SECTOR);
        if (!content.get(sector)) {
            long next = nextContent < 0 || nextContent > told ? told : nextContent;
            assertThat(allocation.nextContent(offset)).as(name).isEqualTo(next * SECTOR);
        }
    }

    private static StatusExtent content(long length) {
        return new StatusExtent(length, 0);
    }

    private static StatusExtent zero(long length) {
        return new StatusExtent(length, NbdProtocol.STATE_HOLE | NbdProtocol.STATE_ZERO);
    }
}
