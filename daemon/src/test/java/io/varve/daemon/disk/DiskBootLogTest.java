package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootEngine;
import io.varve.daemon.boot.BootLogSlot;
import io.varve.daemon.boot.BootTracker;
import io.varve.daemon.boot.LoggedBoot;
import io.varve.daemon.boot.LoggedReads;
import io.varve.daemon.counters.Counters;
import io.varve.daemon.io.Place;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is written down of a boot is what the disk did. */
class DiskBootLogTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 1024;

    /** Pages 0..699 of blob 0, 700..799 zero, 800..899 of blob 1, the rest nothing. */
    private final FakeLayers layers = new FakeLayers(PAGES, new Random(1))
            .blob(PAGES)
            .blob(PAGES)
            .data(0, 700, 0, 9)
            .zero(700, 100)
            .data(800, 100, 1, 3);
    private final Queue<Runnable> demand = new ArrayDeque<>();
    private final Queue<Runnable> storing = new ArrayDeque<>();
    private final TestOwner owner = new TestOwner();
    private final BootEngine engine = new BootEngine(Runnable::run, storing::add, Counters.anonymous());
    private final Slot slot = new Slot();
    private final Disk disk = open();

    private Disk open() {
        final DiskParts parts = new DiskParts(DiskFixture.info(PAGES * PAGE), 1, layers.snapshot(), null,
                loader -> engine.logs().follow(BootTracker.NONE, PAGES, slot));
        final Disk opened = new DiskCore(parts, demand::add, demand::add, Counters.anonymous(), () -> { }).connect();
        opened.attach(owner);
        return opened;
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void shouldTellWhoAnsweredAndHowLongItTook() {
        read(0, 700);
        owner.nowNs += 1_000_000;
        layers.blobAt(1).place = Place.ORIGIN;
        residency(length -> 0);
        read(750, 100);
        owner.nowNs += 4_000_000;
        settle();
        residency(length -> length > 8 * PAGE ? 8 * PAGE : 0);
        owner.nowNs += 1_000_000;
        read(100, 10);
        owner.nowNs += 500_000;
        settle();
        assertThat(texts()).containsExactly("0 us 0+700 layer 0 memory 0 us", "1000 us 800+50 layer 1 origin 4000 us",
                "6000 us 100+8 layer 0 memory 0 us", "6000 us 108+2 layer 0 disk 500 us");
    }

    @Test
    void shouldTellWhatFailed() {
        read(0, 600);
        residency(length -> 0);
        layers.blobAt(0).failure = new IOException("broken");
        read(600, 10);
        owner.nowNs += 70_000;
        settle();
        assertThat(texts()).containsExactly("0 us 0+600 layer 0 memory 0 us", "0 us 600+10 layer 0 nowhere 70 us");
    }

    @Test
    void shouldKeepNothingOfALookAtTheDisk() {
        read(0, 511);
        disk.close();
        storing.forEach(Runnable::run);
        assertThat(slot.kept).isNull();
    }

    private void residency(IntUnaryOperator residency) {
        layers.residency(residency);
    }

    private void read(int page, int pages) {
        disk.read((long) page * PAGE, pages * PAGE, 0, new TestReply(pages * PAGE));
    }

    private void settle() {
        do {
            while (!demand.isEmpty()) {
                demand.remove().run();
            }
        } while (owner.drain() > 0);
    }

    private List<String> texts() {
        disk.close();
        storing.forEach(Runnable::run);
        assertThat(slot.kept.client()).contains("pc-7");
        assertThat(slot.kept.replayed()).isFalse();
        assertThat(slot.kept.diskPageCount()).isEqualTo(PAGES);
        final LoggedReads reads = slot.kept.reads();
        final List<String> texts = new ArrayList<>();
        for (int i = 0; i < reads.count(); i++) {
            texts.add(reads.timeUs(i) + " us " + reads.pageIndex(i) + "+" + reads.pageCount(i) + " layer "
                    + reads.layer(i) + " " + reads.place(i).text() + " " + reads.stallUs(i) + " us");
        }
        return texts;
    }

    /** In memory. */
    private static final class Slot implements BootLogSlot {

        private LoggedBoot kept;

        @Override
        public String imageName() {
            return "image";
        }

        @Override
        public Optional<String> client() {
            return Optional.of("pc-7");
        }

        @Override
        public List<String> layers() {
            return List.of("aa".repeat(32), "bb".repeat(32));
        }

        @Override
        public int[] layerOfBlob() {
            return new int[] {0, 1};
        }

        @Override
        public void keep(LoggedBoot boot) {
            kept = boot;
        }
    }
}
