package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SequenceTest {

    @Test
    void shouldFindTheEntryOfAPage() {
        final Sequence sequence =
                new Sequence(new long[] {500, 10, 100}, new int[] {8, 4, 256}, new int[] {0, 7, 7});
        assertThat(sequence.rankAt(9)).isEqualTo(-1);
        assertThat(sequence.entryAtRank(sequence.rankAt(10))).isEqualTo(1);
        assertThat(sequence.entryAtRank(sequence.rankAt(99))).isEqualTo(1);
        assertThat(sequence.entryAtRank(sequence.rankAt(355))).isEqualTo(2);
        assertThat(sequence.entryAtRank(sequence.rankAt(Long.MAX_VALUE))).isZero();
        assertThat(sequence.pageCount()).isEqualTo(268);
        assertThat(sequence.pagesBefore(2)).isEqualTo(12);
        assertThat(sequence.endPage()).isEqualTo(508);
    }

    @Test
    void shouldRefuseEntriesThatOverlap() {
        assertThatThrownBy(() -> new Sequence(new long[] {10, 12}, new int[] {3, 1}, new int[] {0, 0}))
                .hasMessageContaining("page 12 is in two entries");
        assertThatThrownBy(() -> new Sequence(new long[] {10, 10}, new int[] {1, 1}, new int[] {0, 0}))
                .hasMessageContaining("page 10 is in two entries");
    }

    @Test
    void shouldRefuseEntriesOutOfBounds() {
        assertThatThrownBy(() -> one(-1, 1, 0)).hasMessageContaining("page -1");
        assertThatThrownBy(() -> one(Long.MAX_VALUE, 1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> one(0, 0, 0)).hasMessageContaining("0 pages");
        assertThatThrownBy(() -> one(0, 257, 0)).hasMessageContaining("257 pages");
        assertThatThrownBy(() -> one(0, 1, -1)).hasMessageContaining("-1 us");
        assertThatThrownBy(() -> new Sequence(new long[] {1, 2}, new int[] {1, 1}, new int[] {5, 4}))
                .hasMessageContaining("4 us after 5");
    }

    @Test
    void shouldRefuseMoreThan512MiB() {
        final int entries = Sequence.MAX_PAGES / 256 + 1;
        final long[] pages = new long[entries];
        final int[] counts = new int[entries];
        for (int i = 0; i < entries; i++) {
            pages[i] = 256L * i;
            counts[i] = 256;
        }
        assertThatThrownBy(() -> new Sequence(pages, counts, new int[entries]))
                .hasMessageContaining("more than " + Sequence.MAX_PAGES);
    }

    private static Sequence one(long pageIndex, int pageCount, int startUs) {
        return new Sequence(new long[] {pageIndex}, new int[] {pageCount}, new int[] {startUs});
    }
}
