package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.Pack;
import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.SequenceSlot;
import io.varve.daemon.boot.TestSequences;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ImagePackTest {

    private static final int PAGE_COUNT = 1500;
    private static final int SIZE = PAGE_COUNT * Pages.PAGE_SIZE - 100;
    private static final ImageName IMAGE = ImageName.parse("win:v1");

    private TestStore made;
    private byte[] content;

    @BeforeEach
    void makeAnImage() throws IOException {
        made = TestStore.create();
        content = new byte[SIZE];
        new Random(1).nextBytes(content);
        Arrays.fill(content, 20 * Pages.PAGE_SIZE, 40 * Pages.PAGE_SIZE, (byte) 0);
        made.publish("win:v1", content, List.of(made.seal(content, List.of())));
    }

    @Test
    void shouldHoldWhatTheLayersHaveOfTheSequence() throws IOException {
        Profile profile = profile(0, 700);
        write(profile);
        try (Pack pack = slot().openPack().orElseThrow()) {
            assertThat(pack.pageCount()).as("20 pages are zero").isEqualTo(680);
            assertThat(pack.pageIndex(0)).isEqualTo(profile.sequences().get(0).pageIndex(0)).isPositive();
            final UnsafeBuffer page = Buffers.alignedDirect(Pages.PAGE_SIZE);
            for (int slot = 0; slot < 680; slot++) {
                pack.read(slot, 1, page, 0);
                pack.check(slot, page, 0);
                int at = (int) Pages.offset(pack.pageIndex(slot));
                assertThat(page.getByte(4000)).isEqualTo(content[at + 4000]);
            }
            assertThat(made.store.boots().packLength(IMAGE)).isEqualTo(pack.length());
        }
        assertThat(made.space.exists(file())).isTrue();
    }

    @Test
    void shouldLeaveOutThePageInWhichTheDiskEnds() throws IOException {
        write(profile(800, PAGE_COUNT));
        try (Pack pack = slot().openPack().orElseThrow()) {
            assertThat(pack.pageCount()).isEqualTo(PAGE_COUNT - 1 - 800);
        }
    }

    @Test
    void shouldBeWrittenAnewOnlyWhereItHoldsTooLittle() throws IOException {
        assertThat(slot().pack(profile(0, 100))).as("too little to be worth it").isNull();
        write(profile(0, 700));
        assertThat(slot().pack(profile(0, 750))).isNull();
        write(profile(0, 900));
        try (Pack pack = slot().openPack().orElseThrow()) {
            assertThat(pack.pageCount()).isEqualTo(880);
        }
    }

    @Test
    void shouldBeWrittenAnewWhereItIsDamaged() throws IOException {
        write(profile(0, 700));
        try (BlockFile pack = made.space.open(file(), OpenMode.READ_WRITE)) {
            pack.truncate(5000);
        }
        assertThat(made.store.boots().packLength(IMAGE)).isZero();
        write(profile(0, 700));
        assertThat(made.store.boots().packLength(IMAGE)).isPositive();
    }

    @Test
    void shouldNotBeUsedForAnotherContentOfTheName() throws IOException {
        write(profile(0, 700));
        List<LayerId> chain = new ArrayList<>(made.chain("win:v1"));
        content[20]++;
        chain.add(made.seal(content, chain));
        made.publish("win:v2", content, chain);
        made.store.tag(ImageName.parse("win:v2"), IMAGE);
        assertThat(made.space.exists(file())).isFalse();
        assertThat(slot().openPack()).isEmpty();
    }

    @Test
    void shouldNotBePutInPlaceForAnImageThatIsGone() throws Exception {
        SequenceSlot.PackJob job = slot().pack(profile(0, 700));
        made.store.remove(IMAGE);
        while (job.step()) {
            assertThat(made.space.exists(file())).isFalse();
        }
        job.close();
        assertThat(made.space.exists(file())).isFalse();
        assertThat(made.space.list(file().getParent())).isEmpty();
    }

    @Test
    void shouldGoWithTheImageAndWithWhatWasLearned() throws Exception {
        write(profile(0, 700));
        assertThat(made.store.boots().forget(IMAGE)).isFalse();
        assertThat(made.space.exists(file())).isFalse();
        write(profile(0, 700));
        made.store.remove(IMAGE);
        assertThat(made.space.exists(file())).isFalse();
    }

    @Test
    void shouldBeSweptAwayWithoutItsImage() throws Exception {
        write(profile(0, 700));
        made.space.rename(file(), file().resolveSibling("gone.pack"));
        write(profile(0, 700));
        made.store.collectGarbage(Duration.ZERO);
        assertThat(made.space.exists(file())).isTrue();
        assertThat(made.space.exists(file().resolveSibling("gone.pack"))).isFalse();
    }

    private Path file() {
        return made.store.layout().pack(IMAGE);
    }

    private ImageSequence slot() throws IOException {
        ImageManifest manifest = made.store.image(IMAGE);
        return new ImageSequence(
                made.store, new SequenceCache(made.space), IMAGE, manifest.chain(), manifest.size());
    }

    private void write(Profile profile) throws IOException {
        try (SequenceSlot.PackJob job = slot().pack(profile)) {
            assertThat(job).isNotNull();
            while (job.step()) {
                assertThat(made.space.exists(file().resolveSibling("v1.pack.new"))).isTrue();
            }
        }
        assertThat(made.space.list(file().getParent())).noneMatch(file -> file.toString().endsWith(".new"));
    }

    /** From the last page to the first. */
    private static Profile profile(long first, long end) {
        return TestSequences.profile(PAGE_COUNT,
                LongStream.range(first, end).map(page -> first + end - 1 - page).toArray());
    }
}
