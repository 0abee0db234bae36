package io.varve.perf.macro;

import io.varve.perf.macro.Sample.Counts;
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
    private static final int COUNT_SECONDS = 1;
    private static final Load IN_ORDER = Workloads.SEQUENTIAL_READ.load();
    private static final Load PIECES = new Load(Load.Access.RANDOM_READ, 64 * 1024, 16, 1, 0);

    private final Workbench bench;
    private final KernelCounter kernel;
    private final Fio fio;
    private final Plan plan;
    private final PrintStream out;
    private final LockedFiles locked;
    private final Map<Contender, Map<Place, ProcessServer>> servers = new LinkedHashMap<>();
    private boolean countable;

    Rounds(Workbench bench, Plan plan, PrintStream out) {
        this.bench = bench;
        this.kernel = new KernelCounter(bench);
        this.fio = new Fio(bench);
        this.plan = plan;
        this.out = out;
        this.locked = new LockedFiles(bench, out);
    }

    /** What is cold comes last, because it leaves nobody's pages in memory. */
    void measure(Measurements measurements) throws IOException, InterruptedException {
        countable = plan.isFull() && isCountable();
        for (boolean cold : new boolean[] {false, true}) {
            List<Workload> workloads =
                    plan.workloads().stream().filter(workload -> workload.isCold() == cold).toList();
            warmUp(workloads, measurements);
            measure(workloads, measurements);
            count(workloads, measurements);
            locked.close();
        }
    }

    /**
     * Starts the servers and brings every server's code to its working temperature: one second for what is compiled
     * already, and it is counted in that second. Files that serve what is warm are locked in memory as they come;
     * what a run writes anew is gone again by then.
     */
    private void warmUp(List<Workload> workloads, Measurements measurements)
            throws IOException, InterruptedException {
        for (Contender contender : plan.contenders()) {
            for (Workload workload : served(contender, workloads)) {
                progress("warming up " + contender.title, workload);
                if (!workload.isCold()) {
                    locked.hold(file -> true);
                }
                if (contender.compilesAsItRuns()) {
                    ProcessServer server = server(contender, workload);
                    server.before(workload, fio);
                    temper(server, workload);
                    run(List.of(), server, workload, plan.warmUpSeconds());
                    server.after(workload);
                } else if (plan.isFull()) {
                    count(contender, workload, measurements);
                }
            }
            bench.settle();
        }
    }

    private boolean isCountable() throws IOException, InterruptedException {
        try {
            kernel.tryOut();
            return true;
        } catch (PerfException e) {
            out.println("system calls and context switches are not counted: " + e.getMessage());
            return false;
        }
    }

    /** Counts what {@link #warmUp} could not. */
    private void count(List<Workload> workloads, Measurements measurements)
            throws IOException, InterruptedException {
        if (!plan.isFull()) {
            return;
        }
        for (Contender contender : plan.contenders()) {
            for (Workload workload : served(contender, workloads)) {
                if (contender.compilesAsItRuns()) {
                    progress("counting " + contender.title, workload);
                    count(contender, workload, measurements);
                }
            }
        }
    }

    /** A run of its own: its times say nothing. */
    private void count(Contender contender, Workload workload, Measurements measurements)
            throws IOException, InterruptedException {
        ProcessServer server = server(contender, workload);
        server.before(workload, fio);
        temper(server, workload);
        Map<String, Long> before = server.allocations();
        Sample sample = run(countable ? kernel.around(server.pid()) : List.of(), server, workload, COUNT_SECONDS);
        double bytes = before.isEmpty() ? Double.NaN : ThreadAllocations.between(before, server.allocations());
        KernelCounter.Counts counted = countable
                ? kernel.read()
                : new KernelCounter.Counts(Double.NaN, Double.NaN);
        Counts counts = new Counts(counted.systemCalls(), counted.switches(), bytes);
        server.after(workload);
        settle(workload);
        measurements.addCounted(workload, contender.title, sample.during(new Server(0, 0, counts), 0));
    }

    private void progress(String what, Workload workload) {
        out.println(what + ": " + workload.name());
    }

    private List<Workload> served(Contender contender, List<Workload> workloads) {
        return workloads.stream().filter(workload -> plan.runs(contender, workload)).toList();
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
        }
        return server;
    }

    /**
     * Brings the disk's pages into memory, or out of it. What is read warm is read once before each run, because
     * others have had their runs meanwhile, and {@link LockedFiles} may not be allowed to hold it. What is written
     * besides is read in pieces here and there: of what it reads ahead the kernel may make folios of megabytes (ext4 of
     * Linux 6.18 does), in which a write of 4 KiB costs ten times as much, whoever the server is.
     */
    private void temper(ProcessServer server, Workload workload) throws IOException, InterruptedException {
        Load load = workload.load();
        if (workload.isCold()) {
            bench.forgetPages();
        } else if (load.access().reads()) {
            fio.pass(server.uri(workload), new Workload("", load.access().writes() ? PIECES : IN_ORDER,
                    workload.pages(), workload.place(), workload.temperature()));
        }
    }

    private void measure(List<Workload> workloads, Measurements measurements)
            throws IOException, InterruptedException {
        for (int round = 0; round < plan.rounds(); round++) {
            for (int i = 0; i < workloads.size(); i++) {
                Workload workload = workloads.get(i);
                out.printf("round %d of %d, workload %d of %d: %s%n", round + 1, plan.rounds(), i + 1,
                        workloads.size(), workload.name());
                for (Contender contender : rotated(round)) {
                    if (plan.runs(contender, workload)) {
                        ProcessServer server = server(contender, workload);
                        measurements.add(workload, contender.title, measure(server, workload, plan.seconds()));
                    }
                }
            }
        }
    }

    private List<Contender> rotated(int by) {
        List<Contender> rotated = new ArrayList<>(plan.contenders());
        Collections.rotate(rotated, -by);
        return rotated;
    }

    private Sample run(List<String> around, ProcessServer server, Workload workload, int seconds)
            throws IOException, InterruptedException {
        try {
            return fio.run(around, server.uri(workload), workload, seconds);
        } catch (PerfException e) {
            // A server that is gone says more about the reason than its client.
            server.pid();
            throw e;
        }
    }

    private Sample measure(ProcessServer server, Workload workload, int seconds)
            throws IOException, InterruptedException {
        server.before(workload, fio);
        temper(server, workload);
        long startNs = System.nanoTime();
        long busyUs = -ProcStat.machineBusyUs();
        long cpuUs = -ProcStat.cpuUs(server.pid());
        Sample sample = run(List.of(), server, workload, seconds);
        cpuUs += ProcStat.cpuUs(server.pid());
        busyUs += ProcStat.machineBusyUs();
        double machineUs = (System.nanoTime() - startNs) / 1e3 * Runtime.getRuntime().availableProcessors();
        Server used = new Server(cpuUs, ProcStat.residentBytes(server.pid()), Counts.NONE);
        server.after(workload);
        settle(workload);
        return sample.during(used, Math.max(0, busyUs - cpuUs - sample.clientCpuUs()) / machineUs);
    }

    private void settle(Workload workload) throws IOException, InterruptedException {
        if (workload.load().access().writes()) {
            bench.settle();
        }
    }

    @Override
    public void close() throws InterruptedException {
        locked.close();
        for (Map<Place, ProcessServer> places : servers.values()) {
            for (ProcessServer server : places.values()) {
                server.close();
            }
        }
    }
}
