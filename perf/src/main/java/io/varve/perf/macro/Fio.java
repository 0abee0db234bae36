package io.varve.perf.macro;

import com.fasterxml.jackson.jr.ob.JSON;
import io.varve.perf.macro.Load.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The client of all runs: fio with its nbd engine, one job and one connection unless the load has more. It says nothing
 * but the target, the shape and the time of the load; the rest are fio's defaults, but for the map of visited blocks
 * (see the package).
 *
 * <p>Owned by the main thread.
 */
public final class Fio {
    private static final long GRACE_SECONDS = 60;
    private static final long PASS_LIMIT_SECONDS = 600;
    private static final int MIXED_READ_PERCENT = 70;
    /** As many requests as the client can make. */
    static final int NO_LIMIT = 0;

    private final Workbench bench;
    private int runCount;

    public Fio(Workbench bench) {
        this.bench = bench;
    }

    /** A load that is under way. */
    record Running(Workbench bench, Commands.Started started, Path report, Access access, long limitSeconds) {

        /** Waits for its end. @throws PerfException if it fails, or takes much longer than it should */
        Sample await() throws IOException, InterruptedException {
            bench.commands().awaitSuccess(started, limitSeconds);
            String json = Files.readString(report);
            Files.delete(report);
            return parse(json, access);
        }
    }

    /** Runs the workload for some seconds; one whose pages are fresh also ends after one visit to every block. */
    public Sample run(String uri, Workload workload, int seconds) throws IOException, InterruptedException {
        return start(List.of(), uri, workload, shape(workload, seconds), seconds + GRACE_SECONDS).await();
    }

    /** The same as the rest of another command. */
    Sample run(List<String> around, String uri, Workload workload, int seconds)
            throws IOException, InterruptedException {
        return start(around, uri, workload, shape(workload, seconds), seconds + GRACE_SECONDS).await();
    }

    /**
     * Begins to run the workload for some seconds.
     *
     * @param maxIops requests per second that the client makes at most, or {@link #NO_LIMIT}
     */
    Running start(String uri, Workload workload, int seconds, int maxIops) throws IOException {
        List<String> shape = new ArrayList<>(shape(workload, seconds));
        if (maxIops != NO_LIMIT) {
            shape.add("--rate_iops=" + maxIops);
        }
        return start(List.of(), uri, workload, shape, seconds + GRACE_SECONDS);
    }

    private static List<String> shape(Workload workload, int seconds) {
        return workload.pages() == Workload.Pages.FRESH
                ? List.of("--runtime=" + seconds)
                : List.of("--runtime=" + seconds, "--time_based", "--norandommap");
    }

    /** Visits every block once. */
    public Sample pass(String uri, Workload workload) throws IOException, InterruptedException {
        return pass(uri, workload, bench.size());
    }

    /** Visits every block of the first bytes once. */
    Sample pass(String uri, Workload workload, long length) throws IOException, InterruptedException {
        return start(List.of(), uri, workload, List.of("--io_size=" + length), PASS_LIMIT_SECONDS).await();
    }

    /** Runs until so many requests were answered. */
    Sample requests(String uri, Workload workload, long ioCount)
            throws IOException, InterruptedException {
        long passes = ioCount * workload.load().blockLength() / bench.size() + 1;
        return start(List.of(), uri, workload,
                List.of("--norandommap", "--loops=" + passes, "--number_ios=" + ioCount), PASS_LIMIT_SECONDS).await();
    }

    private Running start(List<String> around, String uri, Workload workload, List<String> shape, long limitSeconds)
            throws IOException {
        Load load = workload.load();
        Path report = bench.path("fio" + ++runCount + ".json");
        List<String> command = new ArrayList<>(around);
        command.addAll(List.of("fio", "--name=load", "--ioengine=nbd", "--uri=" + uri,
                "--rw=" + load.access().fioName, "--bs=" + load.blockLength(), "--iodepth=" + load.depth(),
                "--size=" + bench.size()));
        if (load.flushEvery() > 0) {
            command.add("--fsync=" + load.flushEvery());
        }
        if (load.access() == Access.MIXED) {
            command.add("--rwmixread=" + MIXED_READ_PERCENT);
        }
        if (load.connections() > 1) {
            command.addAll(List.of("--numjobs=" + load.connections(), "--group_reporting"));
        }
        command.addAll(shape);
        command.addAll(List.of("--output-format=json", "--output=" + report));
        return new Running(bench, bench.commands().start(command, Map.of()), report, load.access(), limitSeconds);
    }

    /**
     * Requests of both directions; latencies of the reads, if there are any.
     *
     * @throws PerfException if the report says that requests failed or that there were none
     */
    static Sample parse(String json, Access access) throws IOException {
        Map<?, ?> job = (Map<?, ?>) ((List<?>) JSON.std.mapFrom(json).get("jobs")).get(0);
        long ioCount = 0;
        double iops = 0;
        for (String direction : directions(access)) {
            ioCount += (long) number((Map<?, ?>) job.get(direction), "total_ios");
            iops += number((Map<?, ?>) job.get(direction), "iops");
        }
        if (number(job, "error") != 0 || ioCount == 0) {
            throw new PerfException("fio completed " + ioCount + " requests with error " + job.get("error"));
        }
        Map<?, ?> first = (Map<?, ?>) job.get(directions(access).get(0));
        Map<?, ?> percentiles = (Map<?, ?>) ((Map<?, ?>) first.get("clat_ns")).get("percentile");
        double cpuShare = (number(job, "usr_cpu") + number(job, "sys_cpu")) / 100;
        Sample.Latency latency = new Sample.Latency(number(percentiles, "50.000000"),
                number(percentiles, "99.000000"), number(percentiles, "99.900000"));
        return new Sample(ioCount, iops, latency, cpuShare * number(job, "job_runtime") * 1e3, Sample.Server.UNKNOWN,
                0);
    }

    private static List<String> directions(Access access) {
        return access == Access.MIXED ? List.of("read", "write") : List.of(access.writes() ? "write" : "read");
    }

    private static double number(Map<?, ?> object, String name) throws PerfException {
        if (object.get(name) instanceof Number number) {
            return number.doubleValue();
        }
        throw new PerfException("fio's report has no number " + name);
    }
}
