package io.varve.perf.macro;

import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * What a connection costs that has read a page and is idle since: how much the server's resident size grows with many
 * of them, by their number. All are of one client, so that overlays do not count. The kernel's own memory for a socket
 * is in nobody's resident size.
 *
 * <p>Owned by the main thread.
 */
final class IdleProbe implements Probe {
    private static final String WHAT = "idle connection, KiB";
    private static final Bar BAR = Bar.atMost(64);
    private static final int PAGE_LENGTH = 4096;
    /** Code, and what grows once, is there before the first size is taken. */
    private static final int EARLIER_COUNT = 50;

    private final Workbench bench;

    IdleProbe(Workbench bench) {
        this.bench = bench;
    }

    @Override
    public String name() {
        return WHAT;
    }

    @Override
    public List<Finding> run(Plan plan) throws IOException, InterruptedException {
        List<Finding> findings = new ArrayList<>();
        for (Contender contender : plan.contenders()) {
            int count = count(contender);
            if (count > 0) {
                double[] sizes = new double[plan.rounds()];
                for (int round = 0; round < sizes.length; round++) {
                    sizes[round] = bytesPerConnection(contender, count) / 1024;
                }
                findings.add(Finding.of(WHAT, contender, sizes, BAR));
            }
        }
        return findings;
    }

    /** Fewer with nbdkit, which starts 16 threads for each; none where there may not be many. */
    private static int count(Contender contender) {
        return switch (contender) {
            case VARVE -> 1000;
            case NBDKIT_FILE -> 100;
            default -> 0;
        };
    }

    private double bytesPerConnection(Contender contender, int count) throws IOException, InterruptedException {
        try (ProcessServer server = contender.open(bench, Place.USUAL)) {
            server.prepare();
            server.start();
            List<NbdClient> idle = new ArrayList<>();
            try {
                for (int i = 0; i < EARLIER_COUNT; i++) {
                    idle.add(reader(server));
                }
                long before = ProcStat.residentBytes(server.pid());
                for (int i = 0; i < count; i++) {
                    idle.add(reader(server));
                }
                return (double) (ProcStat.residentBytes(server.pid()) - before) / count;
            } finally {
                for (NbdClient client : idle) {
                    client.close();
                }
            }
        }
    }

    private static NbdClient reader(ProcessServer server) throws IOException {
        NbdClient client = NbdClient.connect(
                SocketChannel.open(UnixDomainSocketAddress.of(server.socket())),
                ClientOptions.structured(server.export(Workloads.READ_QD1)));
        client.read(0, PAGE_LENGTH);
        return client;
    }
}
