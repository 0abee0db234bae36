package io.varve.perf.macro;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Whether a client whose pages are in memory suffers from another client of the same server whose pages are not: 4K
 * random reads QD32 of both, of two disks.
 *
 * <p>A client that does all it can takes all of a small machine, so whatever runs beside it takes from it: the
 * neighbour's fio, and the work for its reads. So the bar is on a client that asks for half of what it can have, and so
 * leaves the processor time that the neighbour needs: it slows down only if it is made to wait. Beside that stand the
 * plain figures, of a client that does all it can.
 *
 * <p>Owned by the main thread.
 */
final class NeighbourProbe implements Probe {
    private static final String WHAT = "warm client at half its speed, cold neighbour / alone";
    private static final Bar BAR = Bar.atLeast(0.9);
    private static final long SEED = 0x2d15c;
    private static final Workload LOAD = Workloads.READ_QD32;
    private static final Workload PASS = Workloads.SEQUENTIAL_READ;

    private final Workbench bench;
    private final PrintStream out;
    private final Fio fio;

    NeighbourProbe(Workbench bench, PrintStream out) {
        this.bench = bench;
        this.out = out;
        this.fio = new Fio(bench);
    }

    @Override
    public String name() {
        return WHAT;
    }

    /**
     * IOPS of one round; all of the warm client but for {@code cold}.
     *
     * @param cold of the neighbour beside a client that does all it can
     */
    private record Round(double alone, double besideCold, double halfAlone, double halfBesideCold, double cold) {
    }

    @Override
    public List<Finding> run(Plan plan) throws IOException, InterruptedException {
        List<List<Finding>> byServer = new ArrayList<>();
        for (Contender contender : List.of(Contender.VARVE, Contender.NBDKIT_FILE)) {
            if (plan.contenders().contains(contender)) {
                byServer.add(findings(contender, plan));
            }
        }
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; !byServer.isEmpty() && i < byServer.get(0).size(); i++) {
            for (List<Finding> ofServer : byServer) {
                findings.add(ofServer.get(i));
            }
        }
        return findings;
    }

    private List<Finding> findings(Contender contender, Plan plan) throws IOException, InterruptedException {
        Path file = bench.path("neighbour.raw");
        if (!Files.exists(file)) {
            bench.makeFile(file, SEED);
        }
        List<Round> rounds = new ArrayList<>();
        int roundCount = plan.isFull() ? plan.rounds() : 1;
        try (ProcessServer server = contender.openForTwo(bench);
                LockedFiles locked = new LockedFiles(bench, out)) {
            server.prepare();
            server.start();
            fio.pass(server.uri(LOAD), PASS);
            locked.hold(warm -> !warm.equals(file));
            server.addNeighbour(file, fio);
            fio.run(server.uri(LOAD), LOAD, plan.warmUpSeconds());
            for (int round = 0; round < roundCount; round++) {
                rounds.add(round(server, plan.seconds()));
            }
        }
        return List.of(
                Finding.of(WHAT, contender, each(rounds, round -> round.halfBesideCold / round.halfAlone), BAR),
                Finding.of("warm client, cold neighbour / alone", contender,
                        each(rounds, round -> round.besideCold / round.alone), null),
                Finding.of("warm client alone, IOPS", contender, each(rounds, Round::alone), null),
                Finding.of("cold neighbour, IOPS", contender, each(rounds, Round::cold), null));
    }

    private Round round(ProcessServer server, int seconds) throws IOException, InterruptedException {
        String warm = server.uri(LOAD);
        String neighbour = server.uri(server.neighbour());
        double alone = fio.run(warm, LOAD, seconds).iops();
        int half = (int) (alone / 2);
        double halfAlone = fio.start(warm, LOAD, seconds, half).await().iops();

        dropNeighbour(warm);
        Fio.Running cold = fio.start(neighbour, LOAD, seconds, Fio.NO_LIMIT);
        double halfBesideCold = fio.start(warm, LOAD, seconds, half).await().iops();
        cold.await();

        dropNeighbour(warm);
        cold = fio.start(neighbour, LOAD, seconds, Fio.NO_LIMIT);
        double besideCold = fio.run(warm, LOAD, seconds).iops();
        double coldIops = cold.await().iops();
        return new Round(alone, besideCold, halfAlone, halfBesideCold, coldIops);
    }

    /** Out of memory with everything; then the other one is read again. */
    private void dropNeighbour(String warm) throws IOException, InterruptedException {
        bench.forgetPages();
        fio.pass(warm, PASS);
    }

    private static double[] each(List<Round> rounds, ToDoubleFunction<Round> figure) {
        return rounds.stream().mapToDouble(figure).toArray();
    }
}
