package io.varve.perf.boot;

import io.varve.perf.boot.Row.Kind;
import io.varve.perf.macro.PerfException;
import io.varve.perf.macro.Workbench;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * All boots of one trace: from here, from each origin with no profile, with the right one, with a wrong one.
 *
 * <p>Owned by the main thread.
 */
final class Course {

    private static final long SEED = 0xb007;
    private static final long OTHER_SEED = 0x0dd;
    private static final long IDLE_PACE_MS = 20;

    private final Workbench bench;
    private final String name;
    private final BootTrace trace;
    private final BootTrace other;
    private final IdleReads idle;
    private final BootImage image = new BootImage(SEED);
    private final Path file;
    private final BootTable table;
    private final Bars bars;
    private final Progress progress;
    private int siteCount;

    /**
     * @param name        of files on the bench, short
     * @param idleSeconds that a client goes on reading behind its boot
     */
    Course(Workbench bench, String name, BootTrace trace, int idleSeconds, BootTable table, Bars bars,
            Progress progress) {
        this.bench = bench;
        this.name = name;
        this.trace = trace;
        this.other = trace.another(OTHER_SEED);
        SortedSet<Long> taken = new TreeSet<>(trace.pages());
        taken.addAll(other.pages());
        this.idle = IdleReads.around(taken, trace.diskSize(),
                (int) (TimeUnit.SECONDS.toMillis(idleSeconds) / IDLE_PACE_MS),
                TimeUnit.MILLISECONDS.toNanos(IDLE_PACE_MS), SEED);
        this.file = bench.path(name + ".raw");
        this.table = table;
        this.bars = bars;
        this.progress = progress;
    }

    /** The file that origins serve: call it before they start. */
    Path makeImage() throws IOException {
        SortedSet<Long> pages = new TreeSet<>(trace.pages());
        pages.addAll(other.pages());
        idle.addTo(pages);
        image.write(file, pages, trace.diskSize());
        return file;
    }

    void run(List<Integer> clientCounts, List<SlowOrigin> origins) throws IOException, InterruptedException {
        Path right = bench.path(name + ".right");
        Path wrong = bench.path(name + ".wrong");
        try (Site here = site()) {
            progress.begin("importing the disk");
            here.importFile(file);
            learn(here, trace, right);
            try (Site elsewhere = site()) {
                elsewhere.importFile(file);
                learn(elsewhere, other, wrong);
            }
            table.head();
            here.start();
            for (int clients : clientCounts) {
                boot(here, Row.HERE, clients, Kind.WARM, null);
                for (SlowOrigin origin : origins) {
                    bootFrom(origin, clients, Kind.FIRST, null);
                    bootFrom(origin, clients, Kind.LEARNED, right);
                    if (clients == 1) {
                        bootFrom(origin, clients, Kind.WRONG, wrong);
                        bars.addAfterwards(origin.name(), readAfterwards(origin, null),
                                readAfterwards(origin, right));
                    }
                }
            }
        }
    }

    private Site site() throws IOException {
        return new Site(bench, name + siteCount++);
    }

    private void learn(Site site, BootTrace boot, Path profile) throws IOException, InterruptedException {
        progress.begin("learning " + profile.getFileName());
        site.start();
        try (Room room = site.room(boot, image, 1, progress)) {
            check(room.boot());
        } catch (ExecutionException e) {
            throw site.failure(e.getCause());
        }
        site.exportProfile(profile);
        site.stop();
    }

    /** @param profile null for none */
    private Site lazySite(SlowOrigin origin, Path profile) throws IOException, InterruptedException {
        Site site = site();
        site.importLazily(origin);
        if (profile != null) {
            site.importProfile(profile);
        }
        return site;
    }

    private void bootFrom(SlowOrigin origin, int clients, Kind kind, Path profile)
            throws IOException, InterruptedException {
        try (Site site = lazySite(origin, profile)) {
            SlowOrigin.Traffic before = origin.traffic();
            site.start();
            boot(site, origin.name(), clients, kind, () -> origin.traffic().since(before));
        }
    }

    /** What an origin was asked in the meantime. */
    private interface Asked {
        SlowOrigin.Traffic sinceThen() throws IOException;
    }

    /** @param asked null where nobody is */
    private void boot(Site site, String origin, int clients, Kind kind, Asked asked)
            throws IOException, InterruptedException {
        progress.begin(String.format("%s, %s, clients: %d", origin, kind.title, clients));
        try (Room room = site.room(trace, image, clients, progress)) {
            Room.Outcome outcome = check(room.boot());
            Row row = new Row(origin, clients, kind, outcome,
                    asked == null ? SlowOrigin.Traffic.NONE : asked.sinceThen());
            table.row(row);
            bars.add(row);
        } catch (ExecutionException e) {
            throw site.failure(e.getCause());
        }
    }

    /** The boot is over as soon as it can be, so that its reading ahead may still be under way. */
    private long[] readAfterwards(SlowOrigin origin, Path profile) throws IOException, InterruptedException {
        progress.begin(origin.name() + ", reading behind a boot " + (profile == null ? "without" : "with")
                + " a profile");
        try (Site site = lazySite(origin, profile)) {
            site.start();
            try (Room room = site.room(trace.withoutThinking(), image, 1, progress)) {
                check(room.boot());
                return room.readAfterwards(idle);
            } catch (ExecutionException e) {
                throw site.failure(e.getCause());
            }
        }
    }

    private static Room.Outcome check(Room.Outcome outcome) throws PerfException {
        int wrong = outcome.played().stream().mapToInt(Played::wrong).sum();
        if (wrong > 0) {
            throw new PerfException(wrong + " reads gave other bytes than the image has");
        }
        return outcome;
    }
}
