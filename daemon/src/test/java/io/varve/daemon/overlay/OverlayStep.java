package io.varve.daemon.overlay;

import io.varve.daemon.io.sim.SimCall;
import java.io.IOException;

/** What a client, or the daemon, does in one step with an overlay of two pages. */
enum OverlayStep {

    WRITE_0 {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.write(0, 1);
        }
    },
    WRITE_BOTH {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.write(0, 2);
        }
    },
    OVERWRITE_ACROSS {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.overwrite(7, 2);
        }
    },
    OVERWRITE_0 {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.overwrite(2, 1);
        }
    },
    ZERO_0 {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.zero(0, 1);
        }
    },
    ZERO_BOTH {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.zero(0, 2);
        }
    },
    ALLOCATE_0 {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.allocateZeros(0, 1);
        }
    },
    COMMIT {
        @Override
        void run(OverlayHarness harness) {
            harness.commitNow();
        }
    },
    /** The commit is on its way while the next steps run. */
    COMMIT_LATER {
        @Override
        void run(OverlayHarness harness) {
            harness.commit();
        }
    },
    /** The client writes while the worker is in the midst of the commit. */
    COMMIT_DURING_WRITE {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.commitDuring(() -> harness.write(1, 1));
        }
    },
    REOPEN {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.reopen();
        }
    },
    KILL {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.kill();
        }
    },
    /** The process dies when a file has its name, but not for good. */
    COMMIT_KILLED {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.commitAndKillAt(SimCall.Kind.SYNC_DIRECTORY);
        }
    },
    /** The process dies when what it commits is in its files, but not for good. */
    COMMIT_KILLED_AT_SYNC {
        @Override
        void run(OverlayHarness harness) throws IOException {
            harness.commitAndKillAt(SimCall.Kind.SYNC);
        }
    };

    abstract void run(OverlayHarness harness) throws IOException;
}
