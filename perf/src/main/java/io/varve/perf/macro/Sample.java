package io.varve.perf.macro;

/**
 * One counted fio run against one server.
 *
 * <p>Immutable.
 *
 * @param ioCount     requests completed
 * @param iops        requests per second, as fio counts them
 * @param latency     completion latency
 * @param serverCpuUs user and system time that the server's process used during the run
 * @param clientCpuUs user and system time of fio's job
 * @param othersShare part of the machine's processor time that neither of them used during the run, 0 to 1: how noisy
 *                    the machine was
 */
record Sample(long ioCount, double iops, Latency latency, double serverCpuUs, double clientCpuUs, double othersShare) {

    /** Percentiles in nanoseconds: the median, the 99th and the 99.9th. */
    record Latency(double p50Ns, double p99Ns, double p999Ns) {}

    double serverCpuUsPerIo() {
        return serverCpuUs / ioCount;
    }

    double clientCpuUsPerIo() {
        return clientCpuUs / ioCount;
    }

    Sample during(double newServerCpuUs, double newOthersShare) {
        return new Sample(ioCount, iops, latency, newServerCpuUs, clientCpuUs, newOthersShare);
    }
}
