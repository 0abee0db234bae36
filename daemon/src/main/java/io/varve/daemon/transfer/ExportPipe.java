package io.varve.daemon.transfer;

import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Reads on one thread what another one writes, through a few batches that go round.
 *
 * <p>Owned by the thread that writes; {@link #readAll} runs on the one that reads.
 */
final class ExportPipe implements AutoCloseable {

    private static final int BATCH_COUNT = 3;

    /** What the thread that reads hands over. Immutable. */
    private record Filled(ExportBatch batch, boolean last, Throwable failure) {}

    private final ExportReader reader;
    private final BlockingQueue<ExportBatch> empty = new ArrayBlockingQueue<>(BATCH_COUNT);
    /** One more than there are batches: a failure comes without one, and never waits. */
    private final BlockingQueue<Filled> filled = new ArrayBlockingQueue<>(BATCH_COUNT + 1);
    private final Thread thread = new Thread(this::readAll, "varve-export-read");

    ExportPipe(ExportReader reader) {
        this.reader = reader;
        for (int i = 0; i < BATCH_COUNT; i++) {
            empty.add(new ExportBatch());
        }
        thread.setDaemon(true);
        thread.start();
    }

    /** Does something with each batch. Owned by the thread that writes. */
    @FunctionalInterface
    interface Writing {
        void write(ExportBatch batch) throws IOException;
    }

    private void readAll() {
        try {
            boolean more = true;
            while (more) {
                ExportBatch batch = empty.take();
                batch.clear();
                more = reader.fill(batch);
                filled.put(new Filled(batch, !more, null));
            }
        } catch (InterruptedException e) {
            // The one that writes has given up.
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException | Error e) {
            filled.add(new Filled(null, true, e));
        }
    }

    /**
     * Until everything is written.
     *
     * @throws IOException          that reading or writing threw
     * @throws InterruptedException if the thread was interrupted
     */
    void run(Writing writing) throws IOException, InterruptedException {
        boolean last = false;
        while (!last) {
            Filled next = filled.take();
            rethrow(next.failure());
            writing.write(next.batch());
            last = next.last();
            empty.add(next.batch());
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    private static void rethrow(Throwable failure) throws IOException {
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }

    /** Returns when nobody reads any more. */
    @Override
    public void close() {
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
