package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.TestSequences;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerUse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayerMaintenanceTest {

    private static final int SIZE = 90 * 4096 + 300;
    private static final ImageName WIN = ImageName.parse("win");

    private static LayerMaintenance maintenance(Store store) {
        return new LayerMaintenance(store, 0, MaintenanceListener.NONE);
    }

    /** An image with six layers, one that stands on four of them and is larger, one on all, and an overlay. */
    private static TestStore example(long seed) throws Exception {
        Random random = new Random(seed);
        TestStore made = TestStore.create();
        made.image("win:old", null, 4, SIZE, random);
        made.image("win:large", "win:old", 1, SIZE + 50_000, random);
        made.image("win:small", "win:large", 1, SIZE / 2, random);
        made.image("win", "win:old", 2, SIZE, random);
        made.image("win:child", "win", 2, SIZE + 9_000, random);
        made.image("other", null, 3, SIZE - 20_000, random);
        made.overlay("win@alice");
        made.check("before");
        return made;
    }

    private static TestStore small(long seed) throws Exception {
        Random random = new Random(seed);
        TestStore made = TestStore.create();
        made.image("win:old", null, 1, 100_000, random);
        made.image("win", "win:old", 3, 100_000, random);
        made.image("win:child", "win", 1, 120_000, random);
        made.image("other", null, 1, 90_000, random);
        made.overlay("win@alice");
        return made;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldMergeForTheImageAndAllThatStandsOnIt(long seed) throws Exception {
        for (int count = 2; count <= 6; count++) {
            TestStore made = example(seed);
            LayerMaintenance.Outcome outcome = maintenance(made.store).merge(WIN, count);

            made.check("seed " + seed + ", merged " + count);
            assertThat(outcome.before()).hasSize(6);
            assertThat(made.chain("win")).isEqualTo(outcome.after()).hasSize(7 - count);
            assertThat(made.chain("win:child")).hasSize(9 - count);
            assertThat(made.chain("win:large")).hasSize(5);
            LayerId top = outcome.after().get(outcome.after().size() - 1);
            assertThat(LayerUse.of(made.space, made.store.layout().layers(), top).sparse()).isFalse();
            assertThat(made.space.list(made.store.layout().temporary())).isEmpty();
            assertThat(made.space.openCount()).isZero();
        }
    }

    @Test
    void shouldMergeAgainAndAgain() throws Exception {
        TestStore made = example(4);
        for (int left = 5; left >= 1; left--) {
            maintenance(made.store).merge(WIN, 2);
            assertThat(made.chain("win")).hasSize(left);
            made.check(left + " left");
        }
    }

    /** Pages of a blob that is mostly hidden move; those of others stay where they are. */
    @Test
    void shouldCopyOnlyPagesOfSparseBlobs() throws Exception {
        TestStore made = TestStore.create();
        byte[] content = new byte[SIZE];
        List<LayerId> chain = new ArrayList<>();
        int[][] written = {{0, 40}, {50, 70}, {50, 68}};
        for (int[] pages : written) {
            byte[] fresh = new byte[(pages[1] - pages[0]) * 4096];
            new Random(chain.size()).nextBytes(fresh);
            System.arraycopy(fresh, 0, content, pages[0] * 4096, fresh.length);
            chain.add(made.seal(content, chain));
        }
        made.publish("win", content, chain);
        AtomicInteger copied = new AtomicInteger();
        AtomicInteger replaced = new AtomicInteger();

        LayerMaintenance.Outcome outcome = new LayerMaintenance(made.store, 0, new MaintenanceListener() {
            @Override
            public void onProgress(long doneLength, long totalLength) {
                copied.set((int) doneLength);
                assertThat(totalLength).isEqualTo(2 * 4096);
            }

            @Override
            public void onReplaced() {
                replaced.incrementAndGet();
            }
        }).merge(WIN, 3);

        assertThat(outcome.copied()).isTrue();
        assertThat(copied.get()).isEqualTo(2 * 4096);
        assertThat(replaced.get()).isEqualTo(2);
        assertThat(made.store.layer(outcome.after().get(0)).blobs()).hasSize(3)
                .containsAll(made.store.layer(chain.get(0)).blobs())
                .containsAll(made.store.layer(chain.get(2)).blobs())
                .doesNotContainAnyElementsOf(made.store.layer(chain.get(1)).blobs());
        made.check("dense");
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6})
    void shouldFlattenIntoOneDenseLayer(long seed) throws Exception {
        TestStore made = example(seed);

        LayerMaintenance.Outcome outcome = maintenance(made.store).flatten(WIN);

        made.check("flat");
        assertThat(made.chain("win")).isEqualTo(outcome.after()).hasSize(1);
        assertThat(made.chain("win:child")).hasSize(3);
        assertThat(made.chain("win:old")).hasSize(4);
        assertThat(LayerUse.of(made.space, made.store.layout().layers(), outcome.after().get(0)).dense()).isTrue();
        assertThat(maintenance(made.store).flatten(WIN).copied()).isFalse();
    }

    @Test
    void shouldFlattenIntoANewImage() throws Exception {
        TestStore made = example(7);
        List<LayerId> before = made.chain("win:small");

        maintenance(made.store).flatten(ImageName.parse("win:small"), ImageName.parse("flat"));
        made.contents.put("flat", made.contents.get("win:small"));

        made.check("flat");
        assertThat(made.chain("win:small")).isEqualTo(before);
        assertThat(made.chain("flat")).hasSize(1);
        assertThat(made.store.layer(made.chain("flat").get(0)).size()).isEqualTo(SIZE / 2);
        assertThatThrownBy(() -> maintenance(made.store).flatten(WIN, ImageName.parse("other")))
                .isInstanceOf(StoreException.class).hasMessageContaining("already in the store");
    }

    @ParameterizedTest
    @ValueSource(longs = {8, 9, 10})
    void shouldRebaseOntoAnyOtherImage(long seed) throws Exception {
        for (String onto : List.of("other", "win:large", "win:small", "win:old")) {
            TestStore made = example(seed);
            LayerMaintenance.Outcome outcome = maintenance(made.store).rebase(WIN, ImageName.parse(onto));

            made.check("seed " + seed + " onto " + onto);
            if (onto.equals("win:old")) {
                assertThat(outcome.after()).as("stands on it already").isEqualTo(outcome.before());
            } else {
                assertThat(outcome.after()).hasSize(made.chain(onto).size() + 1)
                        .startsWith(made.chain(onto).toArray(LayerId[]::new));
                assertThat(made.chain("win:child")).hasSize(made.chain(onto).size() + 3);
            }
        }
    }

    /** The base of both is a layer of 40 pages; each has three pages of its own. */
    @Test
    void shouldNotReadPagesThatBothImagesFindInTheSamePlace() throws Exception {
        TestStore made = TestStore.create();
        byte[] content = new byte[SIZE];
        new Random(11).nextBytes(content);
        List<LayerId> base = List.of(made.seal(content, List.of()));
        for (int image = 0; image < 2; image++) {
            byte[] own = content.clone();
            own[image * 40_000]++;
            own[image * 40_000 + 5_000]++;
            own[300_000] += (byte) (1 + image);
            made.publish("win:" + image, own, List.of(base.get(0), made.seal(own, base)));
        }
        long[] total = {0};

        new LayerMaintenance(made.store, 0, (done, all) -> total[0] = all)
                .rebase(ImageName.parse("win:0"), ImageName.parse("win:1"));

        assertThat(total[0]).as("three of its own, and two that the other one hides").isEqualTo(5 * 4096);
        made.check("rebased");
        assertThat(made.store.layer(made.chain("win:0").get(2)).dataPageCount()).isEqualTo(5);
    }

    @Test
    void shouldRefuseWhatCannotBe() throws Exception {
        TestStore made = example(12);
        LayerMaintenance work = maintenance(made.store);
        assertThatThrownBy(() -> work.merge(WIN, 7)).isInstanceOf(StoreException.class)
                .hasMessageContaining("has 6 layers");
        assertThatThrownBy(() -> work.merge(WIN, 0)).isInstanceOf(StoreException.class);
        assertThatThrownBy(() -> work.merge(ImageName.parse("mac"), 2)).hasMessageContaining("mac: not in the store");
        assertThatThrownBy(() -> work.rebase(ImageName.parse("win:old"), WIN)).isInstanceOf(StoreException.class)
                .hasMessageContaining("stands on its layers");
        made.publish("zeros", new byte[SIZE], List.of());
        assertThatThrownBy(() -> work.rebase(ImageName.parse("zeros"), WIN)).isInstanceOf(StoreException.class);
        work.rebase(WIN, ImageName.parse("zeros"));
        assertThat(made.chain("win")).as("onto nothing").hasSize(1);
        made.check("after all of that");
    }

    @Test
    void shouldSealFrozenLayersFirst() throws Exception {
        TestStore made = example(14);
        made.store.snapshot(ExportName.parse("win@alice"), ImageName.parse("snap"));
        made.contents.put("snap", made.contents.get("win"));
        LayerId frozen = made.chain("snap").get(6);
        assertThat(made.store.frozenLayers().contains(frozen)).isTrue();

        maintenance(made.store).merge(ImageName.parse("snap"), 2);

        // The overlay says nothing that the layers below do not say, so it leaves no layer.
        assertThat(made.chain("snap")).hasSize(5).doesNotContain(frozen);
        made.check("sealed and merged");
    }

    @Test
    void shouldKeepTheLearnedBoot() throws Exception {
        TestStore made = example(13);
        Profile learned = TestSequences.profile(Pages.count(SIZE), 3, 80);
        ImageSequence slot = new ImageSequence(made.store, new SequenceCache(made.space), WIN, made.chain("win"), SIZE);
        slot.update(before -> Optional.of(learned));

        maintenance(made.store).merge(WIN, 3);

        assertThat(made.store.boots().profile(WIN)).isPresent();
        slot.update(before -> Optional.of(TestSequences.profile(Pages.count(SIZE), 5)));
        assertThat(entryCount(made)).as("by a disk opened before").isOne();
        maintenance(made.store).flatten(WIN);
        new ImageSequence(made.store, new SequenceCache(made.space), WIN, made.chain("win"), SIZE)
                .update(before -> Optional.of(learned));
        assertThat(entryCount(made)).isEqualTo(2);
    }

    private static int entryCount(TestStore made) throws IOException {
        return made.store.boots().profile(WIN).orElseThrow().sequences().get(0).entryCount();
    }

    @Test
    void shouldGoOnWhereItWasInterrupted() throws Exception {
        TestStore made = TestStore.create();
        byte[] content = new byte[20 << 20];
        new Random(1).nextBytes(content);
        List<LayerId> chain = new ArrayList<>(List.of(made.seal(content, List.of())));
        content[5000]++;
        chain.add(made.seal(content, chain));
        made.publish("win", content, chain);

        assertThatThrownBy(() -> new LayerMaintenance(made.store, 0, (done, total) -> {
            if (done > 10 << 20) {
                Thread.currentThread().interrupt();
            }
        }).flatten(WIN)).isInstanceOf(InterruptedIOException.class).hasMessageContaining("goes on");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(made.chain("win")).hasSize(2);
        long[] last = {0, 0};
        new LayerMaintenance(made.store, 0, (done, total) -> {
            last[1] = Math.max(last[1], done - last[0]);
            last[0] = done;
        }).flatten(WIN);

        assertThat(last[1]).as("what the first run left, at once").isGreaterThan(7 << 20);
        assertThat(made.chain("win")).hasSize(1);
        made.check("after two runs");
        assertThat(made.space.list(made.store.layout().temporary())).isEmpty();
    }

    private enum Work {
        MERGE, MERGE_ALL, FLATTEN, FLATTEN_NEW, REBASE;

        void run(Store store) throws IOException {
            LayerMaintenance work = maintenance(store);
            switch (this) {
                case MERGE -> work.merge(WIN, Math.min(2, store.image(WIN).chain().size()));
                case MERGE_ALL -> work.merge(WIN, Math.min(4, store.image(WIN).chain().size()));
                case FLATTEN -> work.flatten(WIN);
                case FLATTEN_NEW -> {
                    if (!store.contains(ImageName.parse("fresh"))) {
                        work.flatten(WIN, ImageName.parse("fresh"));
                    }
                }
                default -> work.rebase(WIN, ImageName.parse("other"));
            }
        }
    }

    /** Power cut before each call: all reads as before, then and after the work was done once more. */
    @ParameterizedTest
    @EnumSource
    void shouldChangeNoByteWheneverThePowerGoes(Work work) throws Exception {
        TestStore made = small(20);
        SimFileSpace undisturbed = made.space.fork();
        work.run(Store.open(undisturbed, TestStore.ROOT));
        int done = 0;
        for (long at = 0; at < undisturbed.callCount(); at++) {
            SimFileSpace cut = made.space.fork();
            long crashAt = at;
            cut.hook(call -> {
                if (call.index() == crashAt) {
                    throw new SimCrash("before call " + crashAt);
                }
            });
            try {
                work.run(Store.open(cut, TestStore.ROOT));
            } catch (SimCrash e) {
                for (int choice = 0; choice < 2; choice++) {
                    Chooser chooser = choice == 0 ? Chooser.LOSE_ALL : choice == 1 ? Chooser.KEEP_ALL
                            : Chooser.random(new Random(100 * at + choice));
                    String what = work + ", crash at " + at + ", choice " + choice;
                    TestStore after = made.on(cut.crash(chooser));
                    after.check(what);
                    done += after.chain("win").equals(made.chain("win")) ? 0 : 1;
                    work.run(after.store);
                    after.check(what + ", repeated");
                    assertThat(after.store.boots().profile(WIN)).isEmpty();
                }
            }
        }
        if (work != Work.FLATTEN_NEW) {
            assertThat(done).as("crashes after which it was done").isPositive();
        }
    }
}
