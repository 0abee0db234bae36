package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.Sequence;
import io.varve.daemon.boot.TestSequences;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BootProfilesTest {

    private static final int PAGE_COUNT = 400;
    private static final int SIZE = PAGE_COUNT * Pages.PAGE_SIZE - 100;
    private static final ImageName V1 = ImageName.parse("win:v1");
    private static final ImageName V2 = ImageName.parse("win:v2");
    private static final Path FILE = Path.of("/win.boot");

    private TestStore made;
    private byte[] content;

    @BeforeEach
    void makeAnImageThatHasBooted() throws IOException {
        made = TestStore.create();
        content = new byte[SIZE];
        new Random(1).nextBytes(content);
        made.publish("win:v1", content, List.of(made.seal(content, List.of())));
        learn(V1, 300, 100, 200);
    }

    @Test
    void shouldInheritWhatTheNextVersionHasInCommon() throws IOException {
        nextVersion(100, 210);

        assertThat(pages(V2)).as("page 100 is another one, and 210 was not read").containsExactly(300L, 200L);
        assertThat(pages(V1)).containsExactly(300L, 100L, 200L);
    }

    /** The first page of the new layer's blob is not the first page of the old one's. */
    @Test
    void shouldNotTakeAPageOfAnotherBlobForTheSame() throws IOException {
        learn(V1, 0, 200);
        nextVersion(0);
        assertThat(pages(V2)).containsExactly(200L);
    }

    @Test
    void shouldInheritNothingFromAnImageWithoutACommonLayer() throws IOException {
        byte[] other = content.clone();
        other[0]++;
        made.publish("other", other, List.of(made.seal(other, List.of())));
        assertThat(made.store.boots().profile(ImageName.parse("other"))).isEmpty();
        assertThat(made.store.boots().inherit(ImageName.parse("other"))).isEmpty();
    }

    @Test
    void shouldInheritFromTheImageWithMostLayersInCommon() throws IOException {
        nextVersion(100);
        learn(V2, 7, 90);
        List<LayerId> chain = new ArrayList<>(made.chain("win:v2"));
        content[20 * Pages.PAGE_SIZE]++;
        chain.add(made.seal(content, chain));
        made.publish("win:v3", content, chain);
        assertThat(pages(ImageName.parse("win:v3"))).containsExactly(7L, 90L);
    }

    @Test
    void shouldInheritWithItsNameAndWithOtherLayersOfTheSameContent() throws Exception {
        made.store.tag(V1, ImageName.parse("stable"));
        assertThat(pages(ImageName.parse("stable"))).containsExactly(300L, 100L, 200L);

        nextVersion(100);
        learn(V2, 7, 300);
        new LayerMaintenance(made.store, 0, MaintenanceListener.NONE).flatten(V2, ImageName.parse("flat"));
        assertThat(pages(ImageName.parse("flat"))).containsExactly(7L, 300L);
    }

    @Test
    void shouldMoveWithANameThatMoves() throws IOException {
        nextVersion(100);
        learn(V2, 7, 90);
        made.store.tag(V1, ImageName.parse("stable"));
        made.store.tag(V2, ImageName.parse("stable"));
        assertThat(pages(ImageName.parse("stable"))).containsExactly(7L, 90L);
    }

    @Test
    void shouldInheritFromAnOverlaysImage() throws Exception {
        made.overlay("win:v1@alice");
        made.store.commit(ExportName.parse("win:v1@alice"), ImageName.parse("committed"));
        assertThat(pages(ImageName.parse("committed"))).containsExactly(300L, 100L, 200L);
        made.store.snapshot(ExportName.parse("win:v1@alice"), ImageName.parse("snapped"));
        assertThat(made.store.boots().inherit(ImageName.parse("snapped"))).as("when it is opened").isPresent();
        assertThat(pages(ImageName.parse("snapped"))).containsExactly(300L, 100L, 200L);
    }

    /** The image may have been made before its parent was booted. */
    @Test
    void shouldInheritLaterAndOnlyWhereNothingIsKnown() throws IOException {
        made.store.boots().forget(V1);
        nextVersion(100);
        assertThat(made.store.boots().profile(V2)).isEmpty();
        learn(V1, 300, 5);
        assertThat(made.store.boots().inherit(V2)).isPresent();
        assertThat(pages(V2)).containsExactly(300L, 5L);
        learn(V1, 1);
        made.store.boots().inherit(V2);
        assertThat(pages(V2)).containsExactly(300L, 5L);
    }

    @Test
    void shouldSurviveAnImageWhoseProfileIsDamaged() throws IOException {
        damage(made.store.layout().sequence(V1));
        nextVersion(100);
        assertThat(made.store.boots().profile(V2)).isEmpty();
        made.store.tag(V1, ImageName.parse("zero"));
        learn(ImageName.parse("zero"), 300, 5);
        assertThat(made.store.boots().inherit(V2)).as("from another one").isPresent();
        assertThatThrownBy(() -> made.store.boots().profile(V1)).isInstanceOf(CorruptDataException.class);
        learn(V1, 9);
        assertThat(pages(V1)).as("the next boot replaces it").containsExactly(9L);
    }

    @Test
    void shouldMoveAProfileToAnotherStore() throws IOException {
        made.store.boots().exportTo(V1, FILE);
        byte[] other = content.clone();
        other[5]++;
        made.publish("elsewhere", other, List.of(made.seal(other, List.of())));
        Profile moved = made.store.boots().importFrom(FILE, ImageName.parse("elsewhere"));
        assertThat(moved.bootCount()).isEqualTo(1);
        assertThat(pages(ImageName.parse("elsewhere"))).containsExactly(300L, 100L, 200L);
        assertThatThrownBy(() -> made.store.boots().exportTo(V1, FILE))
                .isInstanceOf(StoreException.class).hasMessageContaining("exists already");
        assertThatThrownBy(() -> made.store.boots().exportTo(V1, Path.of("/nowhere/win.boot")))
                .isInstanceOf(StoreException.class).hasMessageContaining("no such directory");
    }

    @Test
    void shouldRefuseAProfileThatDoesNotFit() throws IOException {
        made.store.boots().exportTo(V1, FILE);
        byte[] larger = new byte[SIZE + Pages.PAGE_SIZE];
        made.publish("larger", larger, List.of());
        assertThatThrownBy(() -> made.store.boots().importFrom(FILE, ImageName.parse("larger")))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(FILE.toString())
                .hasMessageContaining("learned from a disk of " + PAGE_COUNT * Pages.PAGE_SIZE)
                .hasMessageContaining("larger has " + larger.length);
        damage(FILE);
        assertThatThrownBy(() -> made.store.boots().importFrom(FILE, V1)).isInstanceOf(CorruptDataException.class);
        assertThatThrownBy(() -> made.store.boots().exportTo(ImageName.parse("larger"), Path.of("/x")))
                .isInstanceOf(StoreException.class).hasMessageContaining("nothing learned yet");
    }

    private void nextVersion(int... changedPages) throws IOException {
        for (int page : changedPages) {
            content[page * Pages.PAGE_SIZE]++;
        }
        List<LayerId> chain = new ArrayList<>(made.chain("win:v1"));
        chain.add(made.seal(content, chain));
        made.publish("win:v2", content, chain);
    }

    private void learn(ImageName image, long... pages) throws IOException {
        new ImageSequence(made.store, new SequenceCache(made.space), image, made.chain(image.toString()), SIZE)
                .update(before -> Optional.of(TestSequences.profile(PAGE_COUNT, pages)));
    }

    private List<Long> pages(ImageName image) throws IOException {
        Sequence sequence = made.store.boots().profile(image).orElseThrow().sequences().get(0);
        List<Long> pages = new ArrayList<>();
        for (int i = 0; i < sequence.entryCount(); i++) {
            assertThat(sequence.pageCount(i)).isOne();
            pages.add(sequence.pageIndex(i));
        }
        return pages;
    }

    private void damage(Path file) throws IOException {
        try (BlockFile open = made.space.open(file, OpenMode.READ_WRITE)) {
            UnsafeBuffer one = Buffers.alignedDirect(1);
            one.putByte(0, (byte) 99);
            open.write(40, one, 0, 1);
        }
    }
}
