package io.varve.perf.macro;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits for a process to be ready, or for a time. Thread-safe because it keeps nothing. */
public final class Waiting {

    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(120);
    private static final long POLL_MS = 5;

    private Waiting() {}

    /** @throws PerfException if the process ends first, or it takes longer than two minutes */
    public static void until(Callable<Boolean> ready, Commands.Started process, String otherwise)
            throws IOException, InterruptedException {
        until(ready, process, otherwise, LIMIT_NS);
    }

    /** @throws PerfException if the process ends first, or it takes longer than that */
    public static void until(Callable<Boolean> ready, Commands.Started process, String otherwise, long limitNs)
            throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + limitNs;
        while (!holds(ready)) {
            if (process.process().waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
                throw process.failure("ended with exit " + process.process().exitValue());
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw process.failure(otherwise);
            }
        }
    }

    /** Whether somebody accepts connections there; a socket's file is there a little earlier. */
    public static boolean listens(Path socket) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return channel.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Ends earlier if the thread is interrupted. @param ns of {@link System#nanoTime}; in the past: returns at once */
    public static void untilTime(long ns) {
        for (long left = ns - System.nanoTime(); left > 0; left = ns - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
        }
    }

    private static boolean holds(Callable<Boolean> condition) throws IOException {
        try {
            return condition.call();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
