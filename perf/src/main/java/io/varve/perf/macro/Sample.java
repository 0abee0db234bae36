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
 * @param othersShare part of the machine's processor time that neither of them used during the run, 0 to 1: how noisy
 *                    the machine was
 */
record Sample(long ioCount, double iops, double p50Ns, double p99Ns, double p999Ns, double serverCpuUs,
              double clientCpuUs, double othersShare) {
    double serverCpuUsPerIo() {
        return serverCpuUs / ioCount;
    }

    double clientCpuUsPerIo() {
        return clientCpuUs / ioCount;
    }

    Sample during(double newServerCpuUs, double newOthersShare) {
        return new Sample(ioCount, iops, p50Ns, p99Ns, p999Ns, newServerCpuUs, clientCpuUs, newOthersShare);
    }
}
