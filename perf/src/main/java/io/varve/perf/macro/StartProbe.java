package io.varve.perf.macro;

import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * From the start of a server's process to the first page that a client has read, which asks for it as soon as there is
 * a socket. Everything is in the page cache: the program, and the disk.
 *
 * <p>Owned by the main thread.
 */
final class StartProbe implements Probe {
    private static final String WHAT = "start to first reply, ms";
    private static final Bar BAR = Bar.atMost(500);
    private static final List<Contender> STARTED =
            List.of(Contender.VARVE, Contender.NBDKIT_FILE, Contender.QEMU_RAW, Contender.QEMU_QCOW2);
    private static final int PAGE_LENGTH = 4096;
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(30);

    private final Workbench bench;

    StartProbe(Workbench bench) {
        this.bench = bench;
    }

    @Override
    public String name() {
        return WHAT;
    }

    @Override
    public List<Finding> run(Plan plan) throws IOException, InterruptedException {
        Map<Contender, double[]> times = new LinkedHashMap<>();
        // The first round is not counted: files and this client's own code become warm in it.
        for (int round = -1; round < plan.rounds(); round++) {
            for (Contender contender : STARTED) {
                if (plan.contenders().contains(contender)) {
                    double ms = startToFirstReply(contender);
                    if (round >= 0) {
                        times.computeIfAbsent(contender, key -> new double[plan.rounds()])[round] = ms;
                    }
                }
            }
        }
        List<Finding> findings = new ArrayList<>();
        times.forEach((contender, ms) -> findings.add(Finding.of(WHAT, contender, ms, BAR)));
        return findings;
    }

    private double startToFirstReply(Contender contender) throws IOException, InterruptedException {
        try (ProcessServer server = contender.open(bench, Place.USUAL)) {
            server.prepare();
            long startNs = System.nanoTime();
            server.launch();
            while (!reads(server)) {
                if (System.nanoTime() - startNs > LIMIT_NS) {
                    throw new PerfException(contender.title + " does not answer");
                }
                TimeUnit.MILLISECONDS.sleep(1);
            }
            return (System.nanoTime() - startNs) / 1e6;
        }
    }

    private static boolean reads(ProcessServer server) throws IOException {
        if (!Files.exists(server.socket())) {
            return false;
        }
        SocketChannel channel;
        try {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(server.socket()));
        } catch (IOException notListening) {
            return false;
        }
        try (NbdClient client =
                NbdClient.connect(channel, ClientOptions.structured(server.export(Workloads.READ_QD1)))) {
            client.read(0, PAGE_LENGTH);
            client.disconnect();
            return true;
        }
    }
}
