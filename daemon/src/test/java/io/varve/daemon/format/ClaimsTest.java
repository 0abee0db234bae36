package io.varve.daemon.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClaimsTest {

    private static final int UNIT_SHIFT = 9;
    private static final int UNITS = 1000;

    /** Against an array of bytes, with windows of 64 units and more. */
    @Test
    void shouldTellWhetherTwoClaimTheSame() {
        int shared = 0;
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            List<long[]> ranges = new ArrayList<>();
            boolean[] taken = new boolean[UNITS];
            boolean expected = false;
            for (int i = random.nextInt(30); i >= 0; i--) {
                int first = random.nextInt(UNITS);
                int count = 1 + random.nextInt(Math.min(UNITS - first, random.nextInt(4) == 0 ? 200 : 4));
                for (int unit = first; unit < first + count; unit++) {
                    expected |= taken[unit];
                    taken[unit] = true;
                }
                int inFirst = random.nextInt(512);
                ranges.add(new long[] {(long) first * 512 + inFirst, count * 512L - inFirst - random.nextInt(
                        count == 1 ? 512 - inFirst : 512)});
            }
            Claims claims = new Claims(UNITS * 512L, UNIT_SHIFT, 8 << random.nextInt(6));
            assertThat(areShared(claims, ranges)).as("seed %d", seed).isEqualTo(expected);
            shared += expected ? 1 : 0;
        }
        assertThat(shared).isBetween(100, 350);
    }

    private static boolean areShared(Claims claims, List<long[]> ranges) {
        boolean shared = false;
        do {
            for (long[] range : ranges) {
                shared |= !claims.claim(range[0], range[1]);
            }
        } while (claims.nextWindow());
        return shared;
    }

    @Test
    void shouldJumpOverWhatNobodyClaims() {
        Claims claims = new Claims(Long.MAX_VALUE, UNIT_SHIFT);
        int windows = 0;
        boolean free = true;
        do {
            for (long position : new long[] {0, 1L << 40, Long.MAX_VALUE - 2048}) {
                free &= claims.claim(position, 1024);
            }
            windows++;
        } while (claims.nextWindow());
        assertThat(free).isTrue();
        assertThat(windows).isEqualTo(3);
    }

    @Test
    void shouldKnowWhatIsClaimed() {
        Claims claims = new Claims(1 << 20, 12);
        claims.claim(3 * 4096, 4096);
        assertThat(Arrays.asList(claims.isClaimed(3 * 4096 - 1), claims.isClaimed(3 * 4096),
                claims.isClaimed(4 * 4096), claims.isClaimed(1L << 50))).containsExactly(false, true, false, false);
    }
}
