package io.varve.perf.macro;

import io.varve.daemon.io.MachineMemory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Keeps files of the run in the page cache, by vmtouch(8), which maps and locks them.
 *
 * <p>Design note: reading them before each run is not enough where the kernel takes out of memory what it believes to
 * rest (DAMON, pageout): it samples a page here and there, so that random reads look like rest, and a file of which
 * 38,000 pages a second are read loses some in the middle of the run. A hundredth of the reads cold is a p99 of the
 * disk, of whichever server it happens to.
 *
 * <p>Owned by the main thread.
 */
final class LockedFiles implements AutoCloseable {
    /** Smaller ones are logs, journals and descriptions. */
    private static final long MIN_LENGTH = 1 << 20;
    private static final int MAX_MEMORY_PERCENT = 60;
    /** What vmtouch prints when it is done, and before it goes to sleep. */
    private static final String LOCKED = "LOCKED ";
    private static final long LOCK_LIMIT_NS = TimeUnit.MINUTES.toNanos(5);

    private final Workbench bench;
    private final PrintStream out;
    private final Set<Path> held = new HashSet<>();
    private final List<Process> holders = new ArrayList<>();
    private long roomLength;

    LockedFiles(Workbench bench, PrintStream out) {
        this.bench = bench;
        this.out = out;
        this.roomLength = MachineMemory.length() / 100 * MAX_MEMORY_PERCENT;
    }

    /**
     * Reads and locks what has come since the last call, until it is closed. Where that is not possible it says so,
     * once.
     *
     * @param wanted of the files of the run
     */
    void hold(Predicate<Path> wanted) throws IOException, InterruptedException {
        List<String> files = new ArrayList<>();
        long length = 0;
        for (Path file : bench.files()) {
            long fileLength = file.toFile().length();
            if (fileLength >= MIN_LENGTH && wanted.test(file) && held.add(file)) {
                files.add(file.toString());
                length += fileLength;
            }
        }
        if (files.isEmpty() || roomLength < 0) {
            return;
        }
        roomLength -= length;
        if (roomLength < 0) {
            giveUp("the files of the run are too large for this machine's memory");
            return;
        }
        List<String> command = new ArrayList<>(List.of("stdbuf", "-oL", Tool.VMTOUCH.path(), "-l"));
        command.addAll(files);
        Commands.Started holder = bench.commands().start(command, Map.of());
        holders.add(holder.process());
        try {
            Waiting.until(() -> Files.readString(holder.log()).contains(LOCKED), holder, "it takes too long",
                    LOCK_LIMIT_NS);
        } catch (PerfException e) {
            giveUp(e.getMessage());
        }
    }

    private void giveUp(String reason) {
        roomLength = -1;
        out.println("what is warm may not stay in memory: " + reason);
    }

    @Override
    public void close() throws InterruptedException {
        for (Process holder : holders) {
            bench.commands().stop(holder);
        }
        holders.clear();
        held.clear();
    }
}
