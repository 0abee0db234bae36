package io.varve.perf.macro;

/**
 * What the client does in one counted run.
 *
 * <p>Immutable.
 *
 * @param name        as printed and as written to the report
 * @param access      what fio calls {@code rw}
 * @param blockLength bytes of one request
 * @param depth       requests in flight
 * @param pages       what the client's overlay holds at the start; only a server with overlays cares
 * @param flushEvery  writes after which the client flushes; 0 for never
 */
record Workload(String name, Access access, int blockLength, int depth, Pages pages, int flushEvery) {
    /** Without flushes. */
    Workload(String name, Access access, int blockLength, int depth, Pages pages) {
        this(name, access, blockLength, depth, pages, 0);
    }

    enum Access {
        RANDOM_READ("randread"), RANDOM_WRITE("randwrite"), SEQUENTIAL_READ("read"), SEQUENTIAL_WRITE("write");

        String fioName;

        Access(String fioName) {
            this.fioName = fioName;
        }

        boolean writes() {
            return this == RANDOM_WRITE || this == SEQUENTIAL_WRITE;
        }
    }

    /** State of the pages that the run touches, in the overlay of the client. */
    enum Pages {
        /** The overlay is empty and stays empty: every page comes from the layer. */
        FROM_LAYER,
        /** Every page was written before, uncounted: the run overwrites. */
        PRESENT,
        /** No page was written before, and the run writes each at most once. */
        FRESH
    }
}
