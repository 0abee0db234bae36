package io.varve.daemon.io;

import io.varve.shim.NativeThread;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that may wait for a disk or a network. Demand is what a client waits for, and goes first; background
 * is what may help a client later, and keeps at most one thread busy.
 *
 * <p>Design note: not a {@link java.util.concurrent.ThreadPoolExecutor}, because "background only while no demand
 * waits, and never on a second thread" is a rule about two queues that one lock states in a few lines.
 *
 * <p>A task must not wait for another task: with all threads waiting, nothing would run.
 *
 * <p>Thread-safe because all state is behind one lock, which is never held while a task runs.
 */
public final class Workers implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
    private static final int DEMAND_CAPACITY = 1024;
    private static final int BACKGROUND_CAPACITY = 65_536;

    private final int demandCapacity;
    private final List<Worker> threads = new ArrayList<>();
    private final Executor demandExecutor = this::demand;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition taskWaits = lock.newCondition();
    private final Condition demandHasRoom = lock.newCondition();
    private final Queue<Runnable> demand = new ArrayDeque<>();
    private final Queue<Runnable> background = new ArrayDeque<>();
    private boolean backgroundRuns;
    /** Threads that wait for a task. */
    private int idleCount;
    /** Whether one of them was woken and has not come yet. */
    private boolean waking;
    private boolean closing;
    private long backPressureCount;

    public Workers(int threadCount) {
        this(threadCount, DEMAND_CAPACITY);
    }

    Workers(int threadCount, int demandCapacity) {
        this("varve-worker", threadCount, demandCapacity, () -> { });
    }

    /**
     * Workers for those who have not begun yet: all other threads go before them.
     *
     * @param name   of the threads, before their number
     * @param steps  see {@link NativeThread#giveWay}
     */
    public static Workers givingWay(String name, int threadCount, int steps) {
        return new Workers(name, threadCount, DEMAND_CAPACITY, () -> NativeThread.giveWay(steps));
    }

    /** @param onStart runs first on each thread */
    private Workers(String name, int threadCount, int demandCapacity, Runnable onStart) {
        if (threadCount < 1 || demandCapacity < 1) {
            throw new IllegalArgumentException(threadCount + " threads, room for " + demandCapacity + " tasks");
        }
        this.demandCapacity = demandCapacity;
        for (int i = 0; i < threadCount; i++) {
            threads.add(new Worker(name + "-" + i, onStart));
        }
        threads.forEach(Thread::start);
    }

    /**
     * Runs the task before all background. Waits while the queue is full; a worker does the task itself instead.
     *
     * @throws RejectedExecutionException after {@link #close}, except to a task that is still running
     */
    public void demand(Runnable task) {
        boolean isWorker = isWorker();
        lock.lock();
        try {
            if (demand.size() >= demandCapacity) {
                backPressureCount++;
            }
            while (demand.size() >= demandCapacity && !isWorker && !closing) {
                demandHasRoom.awaitUninterruptibly();
            }
            if (closing && !isWorker) {
                throw new RejectedExecutionException("workers are closed");
            }
            if (demand.size() < demandCapacity) {
                demand.add(task);
                wake();
                return;
            }
        } finally {
            lock.unlock();
        }
        run(task);
    }

    /**
     * Runs the task some time when no demand waits; never, if {@link #close} comes first.
     *
     * @throws RejectedExecutionException after {@link #close}, or if 65536 tasks wait: who makes so many must pace them
     */
    public void background(Runnable task) {
        lock.lock();
        try {
            if (closing || background.size() >= BACKGROUND_CAPACITY) {
                throw new RejectedExecutionException(closing ? "workers are closed" : "too many background tasks");
            }
            background.add(task);
            wake();
        } finally {
            lock.unlock();
        }
    }

    /** {@link #demand} as an executor. */
    public Executor demandExecutor() {
        return demandExecutor;
    }

    /** How often {@link #demand} found its queue full. */
    public long backPressureCount() {
        lock.lock();
        try {
            return backPressureCount;
        } finally {
            lock.unlock();
        }
    }

    /** Runs all demand, drops background that has not begun, and waits for the threads to end. */
    @Override
    public void close() {
        if (isWorker()) {
            throw new IllegalStateException("a task of the workers cannot wait for them to end");
        }
        lock.lock();
        try {
            closing = true;
            background.clear();
            taskWaits.signalAll();
            demandHasRoom.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        for (Worker thread : threads) {
            interrupted |= joinUninterruptibly(thread);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean joinUninterruptibly(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    private boolean isWorker() {
        return Thread.currentThread() instanceof Worker worker && worker.workers() == this;
    }

    /**
     * Wakes one thread, which wakes the next one if there is more to do: waking costs an agent more than the rest of a
     * call, and it has several tasks at a time for them.
     */
    private void wake() {
        if (idleCount > 0 && !waking) {
            waking = true;
            taskWaits.signal();
        }
    }

    private void runTasks() {
        lock.lock();
        try {
            while (true) {
                if (!demand.isEmpty()) {
                    Runnable task = demand.remove();
                    demandHasRoom.signal();
                    if (!demand.isEmpty() || !background.isEmpty() && !backgroundRuns) {
                        wake();
                    }
                    runUnlocked(task);
                } else if (!background.isEmpty() && !backgroundRuns) {
                    backgroundRuns = true;
                    runUnlocked(background.remove());
                    backgroundRuns = false;
                } else if (closing) {
                    return;
                } else {
                    idleCount++;
                    taskWaits.awaitUninterruptibly();
                    idleCount--;
                    waking = false;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void runUnlocked(Runnable task) {
        lock.unlock();
        try {
            run(task);
        } finally {
            // An interrupt was meant for the task; the next one must not find its channels closed by it.
            Thread.interrupted();
            lock.lock();
        }
    }

    /** A thread outlives any task: the next client's read must not be lost for this one's mistake. */
    private static void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            LOG.error("a task of the workers failed: {}", task, e);
        }
    }

    private final class Worker extends Thread {

        private final Runnable onStart;

        Worker(String name, Runnable onStart) {
            super(name);
            this.onStart = onStart;
            setDaemon(true);
        }

        Workers workers() {
            return Workers.this;
        }

        @Override
        public void run() {
            onStart.run();
            runTasks();
        }
    }
}
