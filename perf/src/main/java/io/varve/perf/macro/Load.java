package io.varve.perf.macro;

/**
 * What fio asks for.
 *
 * <p>Immutable.
 *
 * @param access      what fio calls {@code rw}
 * @param blockLength bytes of one request
 * @param depth       requests in flight, of each connection
 * @param connections of the one client
 * @param flushEvery  writes after which the client flushes; 0 for never
 */
public record Load(Access access, int blockLength, int depth, int connections, int flushEvery) {

    public enum Access {
        RANDOM_READ("randread"),
        RANDOM_WRITE("randwrite"),
        SEQUENTIAL_READ("read"),
        SEQUENTIAL_WRITE("write"),
        /** Seven random reads to three random writes. */
        MIXED("randrw");

        final String fioName;

        Access(String fioName) {
            this.fioName = fioName;
        }

        boolean reads() {
            return this == RANDOM_READ || this == SEQUENTIAL_READ || this == MIXED;
        }

        boolean writes() {
            return this == RANDOM_WRITE || this == SEQUENTIAL_WRITE || this == MIXED;
        }
    }
}
