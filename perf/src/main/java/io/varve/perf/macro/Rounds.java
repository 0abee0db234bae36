package io.varve.perf.macro;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/**
 * Runs all workloads against all servers, one client and one server active at a time, and collects the samples.
 *
 * <p>Owned by the main thread.
 */
final class Rounds {
    private final Workbench bench;
    private final Fio fio;
    private final List<Workload> workloads;
    private final List<ProcessServer> servers;
    private final PrintStream out;

    Rounds(Workbench bench, List<Workload> workloads, List<ProcessServer> servers,
           PrintStream out) {
        this.bench = bench;
        this.fio = new Fio(bench);
        this.workloads = workloads;
        this.servers = servers;
        this.out = out;
    }

    /** Starts the servers, brings the data into memory and every server's code to its working temperature. */
    void warmUp(int seconds) throws IOException, InterruptedException {
        for (ProcessServer server : servers) {
            out.println("warming up " + server.name());
            server.prepare();
            server.start();
            server.fill(fio);
            fio.pass(server.uri(Workloads.SEQUENTIAL_READ), Workloads.SEQUENTIAL_READ);
            for (Workload workload : workloads) {
                if (server.serves(workload)) {
                    server.before(workload, fio);
                    run(server, workload, seconds);
                    server.after(workload);
                }
            }
            bench.settle();
        }
    }

    Measurements measure(int roundCount, int seconds) throws IOException, InterruptedException {
        Measurements measurements = new Measurements();
        for (int round = 0; round < roundCount; round++) {
            out.println("round " + (round + 1) + " of " + roundCount);
            for (Workload workload : workloads) {
                for (int i = 0; i < servers.size(); i++) {
                    ProcessServer server = servers.get((round + i) % servers.size());
                    if (server.serves(workload)) {
                        measurements.add(workload, server.name(), measure(server, workload, seconds));
                    }
                }
            }
        }
        return measurements;
    }

    private Sample run(ProcessServer server, Workload workload, int seconds) throws IOException, InterruptedException {
        try {
            return fio.run(server.uri(workload), workload, seconds);
        } catch (PerfException e) {
            // A server that is gone says more about the reason than its client.
            server.pid();
            throw e;
        }
    }

    private Sample measure(ProcessServer server, Workload workload, int seconds)
            throws IOException, InterruptedException {
        server.before(workload, fio);
        long startNs = System.nanoTime();
        long busyUs = -ProcStat.machineBusyUs();
        long cpuUs = -ProcStat.cpuUs(server.pid());
        Sample sample = run(server, workload, seconds);
        cpuUs += ProcStat.cpuUs(server.pid());
        busyUs += ProcStat.machineBusyUs();
        double machineUs = (System.nanoTime() - startNs) / 1e3 * Runtime.getRuntime().availableProcessors();
        server.after(workload);
        if (workload.access().writes()) {
            bench.settle();
        }
        return sample.during(cpuUs, Math.max(0, busyUs - cpuUs - sample.clientCpuUs()) / machineUs);
    }
}
