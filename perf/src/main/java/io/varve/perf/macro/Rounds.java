package io.varve.perf.macro;

import io.varve.perf.macro.Sample.Server;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs all workloads against all servers, one client and one server active at a time, and collects the samples.
 *
 * <p>Owned by the main thread.
 */
final class Rounds implements AutoCloseable {
    private final Workbench bench;
    private final Fio fio;
    private final List<Workload> workloads;
    private final List<Contender> contenders;
    private final PrintStream out;
    private final Map<Contender, Map<Place, ProcessServer>> servers = new LinkedHashMap<>();

    Rounds(Workbench bench, List<Workload> workloads, List<Contender> contenders, PrintStream out) {
        this.bench = bench;
        this.fio = new Fio(bench);
        this.workloads = workloads;
        this.contenders = contenders;
        this.out = out;
    }

    /** Starts the servers, brings the data into memory and every server's code to its working temperature. */
    void warmUp(int seconds) throws IOException, InterruptedException {
        for (Contender contender : contenders) {
            out.println("warming up " + contender.title);
            for (Workload workload : served(contender)) {
                ProcessServer server = server(contender, workload);
                server.before(workload, fio);
                run(server, workload, seconds);
                server.after(workload);
            }
            bench.settle();
        }
    }

    private List<Workload> served(Contender contender) {
        return workloads.stream().filter(contender::serves).toList();
    }

    /** Started when it is needed first; ends with the run. */
    private ProcessServer server(Contender contender, Workload workload) throws IOException, InterruptedException {
        Place place = contender.place(workload);
        Map<Place, ProcessServer> places = servers.computeIfAbsent(contender, key -> new LinkedHashMap<>());
        ProcessServer server = places.get(place);
        if (server == null) {
            server = contender.open(bench, place);
            places.put(place, server);
            server.prepare();
            server.start();
            server.fill(fio);
            Workload pass = new Workload("", Workloads.SEQUENTIAL_READ.load(), workload.pages(), workload.place(),
                    workload.temperature());
            fio.pass(server.uri(pass), pass);
        }
        return server;
    }

    Measurements measure(int roundCount, int seconds) throws IOException, InterruptedException {
        Measurements measurements = new Measurements();
        for (int round = 0; round < roundCount; round++) {
            for (int i = 0; i < workloads.size(); i++) {
                Workload workload = workloads.get(i);
                out.printf("round %d of %d, workload %d of %d: %s%n", round + 1, roundCount, i + 1, workloads.size(),
                        workload.name());
                for (Contender contender : rotated(round)) {
                    if (contender.serves(workload)) {
                        ProcessServer server = server(contender, workload);
                        measurements.add(workload, contender.title, measure(server, workload, seconds));
                    }
                }
            }
        }
        return measurements;
    }

    private List<Contender> rotated(int by) {
        List<Contender> rotated = new ArrayList<>(contenders);
        Collections.rotate(rotated, -by);
        return rotated;
    }

    private Sample run(ProcessServer server, Workload workload, int seconds) throws IOException, InterruptedException {
        if (workload.isCold()) {
            bench.forgetPages();
        }
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
        long switches = -ProcStat.switches(server.pid());
        Sample sample = run(server, workload, seconds);
        switches += ProcStat.switches(server.pid());
        cpuUs += ProcStat.cpuUs(server.pid());
        busyUs += ProcStat.machineBusyUs();
        double machineUs = (System.nanoTime() - startNs) / 1e3 * Runtime.getRuntime().availableProcessors();
        Server used = new Server(cpuUs, switches, ProcStat.residentBytes(server.pid()));
        server.after(workload);
        if (workload.load().access().writes()) {
            bench.settle();
        }
        return sample.during(used, Math.max(0, busyUs - cpuUs - sample.clientCpuUs()) / machineUs);
    }

    @Override
    public void close() throws InterruptedException {
        for (Map<Place, ProcessServer> places : servers.values()) {
            for (ProcessServer server : places.values()) {
                server.close();
            }
        }
    }
}
