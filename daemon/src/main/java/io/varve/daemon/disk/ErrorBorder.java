package io.varve.daemon.disk;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.io.RareLine;
import io.varve.nbd.export.NbdError;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where a cause becomes one of the few errors that a client can be told: the cause is logged and
 * counted first, because nothing of it is left afterwards.
 *
 * <p>Owned by the agent of the disk.
 */
final class ErrorBorder {

    private static final Logger LOGGER = LoggerFactory.getLogger(ErrorBorder.class);
    /** At most one line per disk and this long; the next line tells how many were left out. */
    private static final long LOG_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private final String exportName;
    private final DiskStatistics statistics;
    private final RareLine line = new RareLine(LOG_INTERVAL_NS);

    ErrorBorder(String exportName, DiskStatistics statistics) {
        this.exportName = exportName;
        this.statistics = statistics;
    }

    /** @param what the request, such as "read" */
    NbdError translate(IOException cause, String what, long offset, long length, long nowNs) {
        log(cause, what, offset, length, nowNs);
        if (cause instanceof NoSpaceException) {
            statistics.add(Counter.ERRORS_NO_SPACE, 1);
            return NbdError.ENOSPC;
        }
        statistics.add(cause instanceof CorruptDataException ? Counter.ERRORS_CORRUPT : Counter.ERRORS_IO, 1);
        return NbdError.EIO;
    }

    private void log(IOException cause, String what, long offset, long length, long nowNs) {
        final long leftOut = line.leftOut(nowNs);
        if (leftOut != RareLine.NOT_NOW) {
            LOGGER.error(
                    "{}: {} of {} bytes at {} failed, {} failures before it were not logged",
                    exportName, what, length, offset, leftOut, cause);
        }
    }
}
