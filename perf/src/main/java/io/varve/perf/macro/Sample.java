package io.varve.perf.macro;

/**
 * One counted fio run against one server.
 *
 * <p>Immutable.
 *
 * @param ioCount     requests completed
 * @param iops        requests per second, as fio counts them
 * @param latency     completion latency
 * @param clientCpuUs user and system time of fio's jobs
 * @param server      what the server's process used during the run
 * @param othersShare part of the machine's processor time that neither of them used during the run, 0 to 1: how noisy
 *                    the machine was
 */
public record Sample(long ioCount, double iops, Latency latency, double clientCpuUs, Server server,
        double othersShare) {

    /** Percentiles in nanoseconds: the median, the 99th and the 99.9th. */
    public record Latency(double p50Ns, double p99Ns, double p999Ns) {}

    /**
     * @param cpuUs         user and system time
     * @param residentBytes at the end, pages of files that it has mapped included
     * @param counts        of a run that was made for them
     */
    public record Server(double cpuUs, double residentBytes, Counts counts) {

        static final Server UNKNOWN = new Server(0, 0, Counts.NONE);
    }

    /**
     * What slows a server when it is counted. NaN where nobody counted.
     *
     * @param systemCalls    of all threads of the server
     * @param switches       context switches of its threads, wanted or not
     * @param allocatedBytes on the heap of a JVM
     */
    public record Counts(double systemCalls, double switches, double allocatedBytes) {

        static final Counts NONE = new Counts(Double.NaN, Double.NaN, Double.NaN);
    }

    double serverCpuUsPerIo() {
        return server.cpuUs / ioCount;
    }

    double switchesPerIo() {
        return server.counts.switches / ioCount;
    }

    double systemCallsPerIo() {
        return server.counts.systemCalls / ioCount;
    }

    double allocatedBytesPerIo() {
        return server.counts.allocatedBytes / ioCount;
    }

    double residentMib() {
        return server.residentBytes / (1 << 20);
    }

    double clientCpuUsPerIo() {
        return clientCpuUs / ioCount;
    }

    Sample during(Server newServer, double newOthersShare) {
        return new Sample(ioCount, iops, latency, clientCpuUs, newServer, newOthersShare);
    }
}
