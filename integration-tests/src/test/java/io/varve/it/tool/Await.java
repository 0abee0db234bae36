package io.varve.it.tool;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for what another process does: looks again and again until it is there or the deadline has passed. The one
 * place where tests wait for time.
 *
 * <p>Immutable.
 */
public final class Await {

    private static final long LOOK_EVERY_NS = Duration.ofMillis(10).toNanos();

    private Await() {}

    /**
     * @param what     completes the sentence "waited N s for ..."
     * @param evidence what to show when it does not happen
     */
    public static <T> T value(
            String what, Duration patience, Supplier<Optional<T>> look, Supplier<String> evidence) {
        long startNs = System.nanoTime();
        while (true) {
            Optional<T> seen = look.get();
            if (seen.isPresent()) {
                return seen.get();
            }
            if (System.nanoTime() - startNs > patience.toNanos()) {
                throw new AssertionError(
                        "waited " + patience.toSeconds() + " s for " + what + ", and saw:\n" + evidence.get());
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError("interrupted while waiting for " + what + ", and saw:\n" + evidence.get());
            }
            LockSupport.parkNanos(LOOK_EVERY_NS);
        }
    }

    public static void until(String what, Duration patience, BooleanSupplier look, Supplier<String> evidence) {
        value(what, patience, () -> look.getAsBoolean() ? Optional.of(true) : Optional.empty(), evidence);
    }
}
