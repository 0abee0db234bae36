package io.varve.daemon.store;

import io.varve.daemon.disk.Disk;
import io.varve.daemon.disk.DiskCore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The disks that are open, opening or closing, by name. Connections to one name share one disk; whoever asks for a
 * disk that is closing waits for it, because its client has come back before its last bytes were stable.
 *
 * <p>Thread-safe because the table is only touched under its lock; opening and closing happen outside.
 */
final class DiskTable {

    private static final long CLOSE_LIMIT_SECONDS = 25;

    private final Map<String, Entry> entries = new HashMap<>();

    /** Makes a disk; runs {@code onClosed} once, when everything that the disk held was given back. */
    @FunctionalInterface
    interface Opener {
        DiskCore open(Runnable onClosed) throws IOException;
    }

    /** Immutable but for its futures, which are completed once. */
    private static final class Entry {
        private final CompletableFuture<DiskCore> opened = new CompletableFuture<>();
        private final CompletableFuture<Void> closed = new CompletableFuture<>();
    }

    /**
     * One more connection to the disk of this name. May wait for a disk to open or to close.
     *
     * @throws IOException if it cannot be opened, or does not close in time
     */
    Disk connect(String name, Opener opener) throws IOException {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_LIMIT_SECONDS);
        while (true) {
            Entry fresh = new Entry();
            Entry entry = enter(name, fresh);
            DiskCore core = entry == fresh ? open(name, fresh, opener) : await(name, entry.opened, deadlineNs);
            Disk disk = core.connect();
            if (disk != null) {
                return disk;
            }
            await(name, entry.closed, deadlineNs);
        }
    }

    private synchronized Entry enter(String name, Entry fresh) {
        Entry present = entries.putIfAbsent(name, fresh);
        return present == null ? fresh : present;
    }

    private DiskCore open(String name, Entry entry, Opener opener) throws IOException {
        try {
            DiskCore core = opener.open(() -> leave(name, entry));
            entry.opened.complete(core);
            return core;
        } catch (IOException | RuntimeException e) {
            leave(name, entry);
            entry.opened.completeExceptionally(e);
            throw e;
        }
    }

    private void leave(String name, Entry entry) {
        synchronized (this) {
            entries.remove(name, entry);
            notifyAll();
        }
        entry.closed.complete(null);
    }

    private static <T> T await(String name, CompletableFuture<T> future, long deadlineNs) throws IOException {
        try {
            return future.get(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new StoreException("disk " + name + ": still busy with its last connection: connect again later", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while disk " + name + " was opened", e);
        }
    }

    /** Disks that can be asked something, by name. */
    synchronized Map<String, DiskCore> open() {
        Map<String, DiskCore> open = new HashMap<>();
        entries.forEach((name, entry) -> {
            if (entry.opened.isDone() && !entry.opened.isCompletedExceptionally()) {
                open.put(name, entry.opened.join());
            }
        });
        return open;
    }

    /** @return names of disks that were not closed in time */
    synchronized List<String> awaitAllClosed(long limitMs) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMs);
        try {
            while (!entries.isEmpty()) {
                long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
                if (leftMs <= 0) {
                    break;
                }
                wait(leftMs);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new ArrayList<>(entries.keySet());
    }
}
