package io.varve.perf.macro;

/**
 * One counted fio run against one server.
 *
 * <p>Immutable.
 *
 * @param ioCount     requests completed
 * @param iops        requests per second, as fio counts them
 * @param p50Ns       median of the completion latency
 * @param p99Ns       99th percentile of the completion latency
 * @param p999Ns      99.9th percentile of the completion latency
 * @param serverCpuUs user and system time that the server's process used during the run
 * @param clientCpuUs user and system time of fio's job
 */
record Sample(long ioCount, double iops, double p50Ns, double p99Ns, double p999Ns, double serverCpuUs,
              double clientCpuUs) {
    double serverCpuUsPerIo() {
        return serverCpuUs / ioCount;
    }

    double clientCpuUsPerIo() {
        return clientCpuUs / ioCount;
    }

    Sample withServerCpuUs(double cpuUs) {
        return new Sample(ioCount, iops, p50Ns, p99Ns, p999Ns, cpuUs, clientCpuUs);
    }
}
