package io.varve.daemon.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProfileTest {

    private static final long DISK_PAGES = SyntheticBoots.DISK_PAGES;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldTellTwoWaysToBootApart(long seed) {
        final SyntheticBoots one = new SyntheticBoots(seed, 800);
        final SyntheticBoots other = one.beginningOtherwise(600);
        Profile profile = Profile.of(one.boot(5, 10), DISK_PAGES);
        for (int i = 0; i < 7; i++) {
            profile = profile.learn((i % 2 == 0 ? other : one).boot(5, 10)).profile();
            assertThat(profile.variants()).as("seed %d, boot %d", seed, i).hasSize(2);
        }
        assertThat(profile.variants()).allSatisfy(variant -> assertThat(variant.bootCount()).isEqualTo(4));
        assertThat(Quality.of(one.boot(0, 0), ranges(profile.variants().get(1))).coverage()).as("seed %d", seed)
                .isGreaterThan(970);
        assertThat(Quality.of(other.boot(0, 0), ranges(profile.variants().get(0))).coverage()).as("seed %d", seed)
                .isGreaterThan(970);
    }

    @Test
    void shouldCompareWithTheMostSimilarBootOfAVariant() {
        final Sequence near = new SyntheticBoots(60, 300).boot(0, 0);
        final Sequence far = new SyntheticBoots(61, 300).boot(0, 0);
        assertThat(new Variant(List.of(near, far), 2, 0, List.of(), near).similarity(near)).isEqualTo(1);
        assertThat(new Variant(List.of(far, near), 2, 0, List.of(), near).similarity(near)).isEqualTo(1);
        assertThat(Variant.of(far, 1000).similarity(near)).isLessThan(0.1);
    }

    @Test
    void shouldLearnNothingFromABootThatWasKnown() {
        final SyntheticBoots system = new SyntheticBoots(1, 500);
        final Profile before = Profile.of(system.boot(0, 0), DISK_PAGES);
        final Profile.Lesson lesson = before.learn(system.boot(3, 10));
        assertThat(lesson.news()).isEqualTo(Profile.News.NOTHING);
        assertThat(lesson.quality().coverage()).isBetween(950, 999);
        assertThat(lesson.profile().sequences().get(0)).isSameAs(before.sequences().get(0));
        assertThat(lesson.profile().variants().get(0).confirmedCount()).isEqualTo(1);
        assertThat(lesson.profile().variants().get(0).mergedCount()).isEqualTo(1);
        assertThat(lesson.profile().bootCount()).isEqualTo(2);
    }

    @Test
    void shouldMergeABootThatBringsSomethingNew() {
        final SyntheticBoots system = new SyntheticBoots(2, 500);
        final Profile before = Profile.of(system.boot(0, 0), DISK_PAGES);
        final Profile.Lesson lesson = before.learn(system.boot(12, 10));
        assertThat(lesson.news()).isEqualTo(Profile.News.MERGED);
        assertThat(lesson.profile().variants().get(0).boots()).hasSize(2);
        assertThat(lesson.profile().variants().get(0).qualities()).containsExactly(lesson.quality());
        assertThat(lesson.profile().sequences().get(0).pageCount())
                .isGreaterThan(before.sequences().get(0).pageCount());
    }

    @Test
    void shouldRememberEightBoots() {
        final SyntheticBoots system = new SyntheticBoots(3, 500);
        Profile profile = Profile.of(system.boot(12, 0), DISK_PAGES);
        Sequence last = null;
        for (int i = 0; i < 12; i++) {
            last = system.boot(12, 0);
            profile = profile.learn(last).profile();
        }
        final Variant variant = profile.variants().get(0);
        assertThat(variant.boots()).hasSize(Variant.MAX_BOOTS);
        assertThat(variant.boots().get(0)).isSameAs(last);
        assertThat(variant.mergedCount()).isEqualTo(13);
        assertThat(variant.qualities()).hasSize(Variant.MAX_QUALITIES);
    }

    @Test
    void shouldReplaceTheVariantThatWasNotSeenForLongest() {
        final List<SyntheticBoots> systems = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            systems.add(new SyntheticBoots(10 + i, 400));
        }
        Profile profile = Profile.of(systems.get(0).boot(0, 0), DISK_PAGES);
        for (final int system : new int[] {1, 2, 0}) {
            profile = profile.learn(systems.get(system).boot(0, 0)).profile();
        }
        assertThat(profile.variants()).hasSize(3);
        profile = profile.learn(systems.get(3).boot(0, 0)).profile();
        assertThat(profile.variants()).hasSize(3);
        assertThat(profile.learn(systems.get(0).boot(0, 0)).news()).isEqualTo(Profile.News.NOTHING);
        assertThat(profile.learn(systems.get(2).boot(0, 0)).news()).isEqualTo(Profile.News.NOTHING);
        assertThat(profile.learn(systems.get(1).boot(0, 0)).news()).isEqualTo(Profile.News.ANOTHER_VARIANT);
    }

    @Test
    void shouldBeginWithTheVariantThatMostBootsWereOf() {
        final SyntheticBoots often = new SyntheticBoots(20, 400);
        final SyntheticBoots seldom = new SyntheticBoots(21, 400);
        Profile profile = Profile.of(often.boot(0, 0), DISK_PAGES);
        for (final SyntheticBoots system : List.of(often, often, seldom, seldom)) {
            profile = profile.learn(system.boot(0, 0)).profile();
        }
        assertThat(profile.variants().get(0).bootCount()).as("seen last").isEqualTo(2);
        assertThat(profile.byBootCount().get(0).bootCount()).isEqualTo(3);
        assertThat(profile.sequences().get(0).overlap(often.pieces().get(0), 1)).isOne();
    }

    /** The beginning stays, so that it is the same variant, and the rest is another one in each boot. */
    @Test
    void shouldLearnAnewWhatWasOfNoUseFiveTimes() {
        final SyntheticBoots beginning = new SyntheticBoots(30, 300);
        Profile profile = Profile.of(followedBy(beginning, 31), DISK_PAGES);
        for (int boot = 1; boot <= 4; boot++) {
            final Profile.Lesson lesson = profile.learn(followedBy(beginning, 31 + boot));
            assertThat(lesson.news()).as("boot %d", boot).isEqualTo(Profile.News.MERGED);
            profile = lesson.profile();
        }
        final Sequence last = followedBy(beginning, 40);
        final Profile.Lesson lesson = profile.learn(last);
        assertThat(lesson.news()).isEqualTo(Profile.News.LEARNED_ANEW);
        assertThat(lesson.profile().variants()).hasSize(1);
        assertThat(lesson.profile().variants().get(0).boots()).containsExactly(last);
        assertThat(lesson.profile().variants().get(0).qualities()).isEmpty();
    }

    @Test
    void shouldNotLearnAnewWhatIsMostlyRight() {
        assertThat(Quality.isPoor(List.of(new Quality(800, 500), new Quality(800, 500)))).isFalse();
        assertThat(Quality.isPoor(List.of(new Quality(800, 500), new Quality(799, 500)))).isTrue();
        assertThat(Quality.isPoor(List.of(new Quality(800, 499), new Quality(800, 500)))).isTrue();
        assertThat(new Quality(950, 900).bringsNothing()).isTrue();
        assertThat(new Quality(949, 900).bringsNothing()).isFalse();
        assertThat(new Quality(950, 899).bringsNothing()).isFalse();
    }

    @Test
    void shouldSayHowWellEachRangeIsSupported() {
        final SyntheticBoots system = new SyntheticBoots(50, 300);
        Profile profile = Profile.of(system.boot(0, 0), DISK_PAGES);
        final Sequence sequence = profile.sequences().get(0);
        assertThat(profile.variants().get(0).supports()).hasSize(sequence.entryCount()).containsOnly(1.0);
        profile = profile.learn(system.boot(15, 0)).profile();
        final Variant variant = profile.variants().get(0);
        assertThat(Arrays.stream(variant.supports()).max().orElseThrow()).isCloseTo(1, within(1e-9));
        assertThat(Arrays.stream(variant.supports()).min().orElseThrow()).isGreaterThan(0.2);
        assertThat(Arrays.stream(variant.supports()).filter(support -> support < 0.99).count()).isPositive();
    }

    @Test
    void shouldRefuseWhatIsNoProfile() {
        final Variant variant = Variant.of(TestSequences.ofPages(1, 2), 1000);
        assertThatThrownBy(() -> new Profile(100, List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Profile(100, List.of(variant, variant, variant, variant)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Profile(2, List.of(variant))).isInstanceOf(IllegalArgumentException.class);
        final Sequence one = TestSequences.ofPages(1);
        assertThatThrownBy(() -> new Variant(List.of(TestSequences.ofPages()), 1, 0, List.of(), one))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldCarryUnchangedPagesAndTheirNeighbours() {
        final Sequence boot = new Sequence(
                new long[] {1000, 100, 5000}, new int[] {100, 10, 8}, new int[] {0, 1, 2});
        final Profile before = Profile.of(boot, DISK_PAGES);
        final Profile carried = before.carriedTo(DISK_PAGES + 5, page -> page == 1050 || page == 5000).orElseThrow();
        final Sequence left = carried.variants().get(0).boots().get(0);
        assertThat(carried.diskPageCount()).isEqualTo(DISK_PAGES + 5);
        assertThat(left.entryCount()).isEqualTo(2);
        assertThat(left.pageIndex(0)).isEqualTo(1050 - SamePages.NEIGHBOUR_PAGES);
        assertThat(left.pageCount(0)).isEqualTo(2 * SamePages.NEIGHBOUR_PAGES + 1);
        assertThat(left.pageIndex(1)).as("the order stays").isEqualTo(5000);
        assertThat(left.startUs(1)).isEqualTo(2);
        assertThat(before.carriedTo(DISK_PAGES, page -> false)).isEmpty();
        assertThat(before.carriedTo(1051, page -> true).orElseThrow().sequences().get(0).endPage()).isEqualTo(1051);
    }

    private static Sequence followedBy(SyntheticBoots beginning, long seed) {
        final List<Long> pieces = new ArrayList<>(beginning.pieces());
        pieces.addAll(new SyntheticBoots(seed, 700).pieces());
        return SyntheticBoots.recorded(pieces);
    }

    private static List<Merger.Range> ranges(Variant variant) {
        return Merger.ranges(variant.boots(), Sequence.MAX_PAGES);
    }
}
