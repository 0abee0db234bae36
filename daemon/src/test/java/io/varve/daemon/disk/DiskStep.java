package io.varve.daemon.disk;

import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_FUA;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLAG_NO_HOLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.export.NbdError;
import java.io.IOException;

/** What a client sends in one step; sizes in sectors, a page is eight. */
enum DiskStep {

    WRITE_SECTOR(harness -> harness.write(2, 1, 0)),
    WRITE_PAGE(harness -> harness.write(0, 8, 0)),
    WRITE_ACROSS(harness -> harness.write(6, 4, 0)),
    WRITE_ALL(harness -> harness.write(0, DiskHarness.SECTORS, 0)),
    WRITE_FUA(harness -> harness.write(7, 2, CMD_FLAG_FUA)),
    WRITE_END_FUA(harness -> harness.write(DiskHarness.SECTORS - 2, 2, CMD_FLAG_FUA)),
    ZEROES_SECTORS(harness -> harness.zeroes(1, 2, 0)),
    ZEROES_ACROSS_NO_HOLE(harness -> harness.zeroes(4, 8, CMD_FLAG_NO_HOLE)),
    ZEROES_FUA(harness -> harness.zeroes(0, 8, CMD_FLAG_FUA)),
    ZEROES_ALL(harness -> harness.zeroes(0, DiskHarness.SECTORS, 0)),
    TRIM(harness -> harness.trim(0, 15)),
    TRIM_END(harness -> harness.trim(10, DiskHarness.SECTORS - 10)),
    FLUSH(DiskHarness::flush),
    FLUSH_LATER(harness -> {
        harness.flushLater();
        return null;
    }),
    KILL(harness -> {
        harness.kill();
        return null;
    });

    /** Answers null after success. */
    @FunctionalInterface
    private interface Action {
        NbdError run(DiskHarness harness) throws IOException;
    }

    private final Action action;

    DiskStep(Action action) {
        this.action = action;
    }

    /** Answers null after success. */
    NbdError send(DiskHarness harness) throws IOException {
        return action.run(harness);
    }

    void run(DiskHarness harness) throws IOException {
        assertThat(send(harness)).as(name()).isNull();
    }
}
