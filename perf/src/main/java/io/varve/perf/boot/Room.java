package io.varve.perf.boot;

import io.varve.perf.macro.ProcStat;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Clients that are switched on together, each with a name of its own, and off when all have booted.
 *
 * <p>Owned by the main thread.
 */
final class Room implements AutoCloseable {

    private static final double US_PER_SECOND = 1e6;
    private static final long PROGRESS_SECONDS = 10;

    private final List<BootingClient> clients = new ArrayList<>();
    private final long serverPid;
    /** Of the server, of what it asks, and of this program, in which the clients are. */
    private final List<Long> pids;
    private final Progress progress;

    /**
     * @param export name before the client's
     * @param pids   of processes that work for the clients, the server first
     */
    Room(BootTrace trace, BootImage image, SocketAddress server, String export, int clientCount, List<Long> pids,
            Progress progress) {
        this.serverPid = pids.get(0);
        this.pids = Stream.concat(pids.stream(), Stream.of(ProcessHandle.current().pid())).toList();
        this.progress = progress;
        for (int i = 0; i < clientCount; i++) {
            clients.add(new BootingClient(trace, image, server, export + "@pc" + i));
        }
    }

    /**
     * What a boot of a room was. Immutable.
     *
     * @param serverSeconds of processor time that the server took
     * @param workSeconds   of processor time that server, origin and clients took
     * @param idleShare     of the machine's processor time meanwhile, 0 to 1
     */
    record Outcome(List<Played> played, double serverSeconds, double workSeconds, double idleShare) {}

    /** @throws ExecutionException if a client's server refused it or failed a read */
    Outcome boot() throws IOException, InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(clients.size());
        try {
            long startNs = System.nanoTime();
            long serverUs = ProcStat.cpuUs(serverPid);
            long workUs = workUs();
            long machineUs = ProcStat.machineBusyUs();
            List<Future<Played>> booting = new ArrayList<>();
            clients.forEach(client -> booting.add(threads.submit(client)));
            List<Played> played = new ArrayList<>();
            for (Future<Played> boot : booting) {
                played.add(await(boot, booting));
            }
            double busySeconds = (ProcStat.machineBusyUs() - machineUs) / US_PER_SECOND;
            double seconds = (System.nanoTime() - startNs) / 1e9 * Runtime.getRuntime().availableProcessors();
            return new Outcome(played, (ProcStat.cpuUs(serverPid) - serverUs) / US_PER_SECOND,
                    (workUs() - workUs) / US_PER_SECOND, Math.max(0, 1 - busySeconds / seconds));
        } finally {
            threads.shutdownNow();
        }
    }

    private long workUs() throws IOException {
        long us = 0;
        for (long pid : pids) {
            us += ProcStat.cpuUs(pid);
        }
        return us;
    }

    private Played await(Future<Played> boot, List<Future<Played>> all)
            throws InterruptedException, ExecutionException {
        while (true) {
            try {
                return boot.get(PROGRESS_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException notYet) {
                long reads = clients.stream().mapToLong(BootingClient::readCount).sum();
                progress.say(all.stream().filter(Future::isDone).count() + " of " + all.size() + " have booted; "
                        + reads + " reads so far");
            }
        }
    }

    /** Lets the first client go on reading: {@link BootingClient#readAfterwards}. */
    long[] readAfterwards(IdleReads reads) throws IOException {
        progress.say("reading other pages");
        return clients.get(0).readAfterwards(reads);
    }

    @Override
    public void close() throws IOException {
        for (BootingClient client : clients) {
            client.close();
        }
    }
}
