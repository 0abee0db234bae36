package io.varve.it.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Heartbeat;
import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All maintenance of a chain, while a client writes through it and verifies what it reads: its chain grows to 64 layers
 * and shrinks to one, and the client sees no error. How long a request took at most is printed, beside what the
 * machine did to others.
 */
class LiveMaintenanceIT {

    private static final int LAYERS = 64;
    private static final Duration MAX_SEALING = Duration.ofMinutes(5);
    private static final Pattern MERGED = Pattern.compile(": (\\d+) layers became (\\d+),");

    @TempDir
    Path directory;

    @Test
    void shouldDisturbNoClientWithAnyMaintenance() throws Exception {
        try (Heartbeat machine = Heartbeat.start(directory);
                Served served = Served.mixed(directory, 96 * RawImages.MIB, 51, "--max-layers", "0",
                        "--copy-rate", "0")) {
            // So that there is something to take a snapshot of, however long fio takes to come.
            Tool.run("nbdsh", "-u", served.uri("disk@fio"), "-c", "h.pwrite(b'f' * 4096, 80 << 20)", "-c", "h.flush()");
            AtomicBoolean enough = new AtomicBoolean();
            ExecutorService client = Executors.newSingleThreadExecutor();
            Future<Map<String, Double>> slowest = client.submit(() -> writeAndVerify(served, enough));
            try {
                maintain(served, slowest);
            } finally {
                enough.set(true);
                client.shutdown();
            }
            System.out.println("LiveMaintenanceIT: milliseconds of the client's slowest requests: "
                    + slowest.get(5, TimeUnit.MINUTES) + "; in this time " + machine.stop());
            served.restart();
            Path last = directory.resolve("last.raw");
            Tool.run("nbdcopy", served.uri("disk@other"), last);
            assertThat(Files.mismatch(served.raw(), last)).isEqualTo(-1);
            assertThat(served.varve().run("verify").out()).doesNotContain("damage");
        }
    }

    private void maintain(Served served, Future<?> client) throws Exception {
        String last = grow(served, client);
        Matcher merged = MERGED.matcher(served.varve().run("merge", last, "--down", "30").out());
        assertThat(merged.find()).as("says how many layers there were and are").isTrue();
        int before = Integer.parseInt(merged.group(1));
        assertThat(before).isGreaterThanOrEqualTo(LAYERS);
        assertThat(Integer.parseInt(merged.group(2))).isEqualTo(before - 29).isEqualTo(layerCount(served, last));
        Tool.run("nbdsh", "-u", served.uri("disk@second"), "-c", "h.pwrite(b'2' * 65536, 4096)", "-c", "h.flush()");
        served.varve().run("commit", "disk@second", "second");
        served.varve().run("rebase", last, "--onto", "second");
        served.varve().run("flatten", last);
        assertThat(layerCount(served, last)).isEqualTo(1);
        served.varve().run("gc", "--grace", "0s");
        served.varve().run("snapshot", "disk@fio", "last");
    }

    /** One snapshot after the other until the chain has 64 sealed layers. @return the last one */
    private static String grow(Served served, Future<?> client) throws Exception {
        String image = "none";
        for (int i = 1; i < LAYERS; i++) {
            // A snapshot of a client that wrote nothing since the one before leaves no layer, and fio starts and ends.
            Tool.run("nbdsh", "-u", served.uri("disk@fio"), "-c", "h.pwrite(b'g' * 4096, " + ((80 << 20) + 4096 * i)
                    + ")");
            image = "snap:" + i;
            served.varve().run("snapshot", "disk@fio", image);
            if (client.isDone()) {
                client.get();
            }
        }
        long deadline = System.nanoTime() + MAX_SEALING.toNanos();
        while (sealedCount(served, image) < LAYERS) {
            assertThat(deadline - System.nanoTime()).as("until " + image + " is sealed").isPositive();
        }
        return image;
    }

    private static int layerCount(Served served, String image) {
        return served.varve().run("show", image, "--json").json().at("layers").all().size();
    }

    private static long sealedCount(Served served, String image) {
        return served.varve().run("show", image, "--json").json().at("layers").all().stream()
                .filter(layer -> !layer.flag("frozen")).count();
    }

    /** Runs fio again and again. @return milliseconds of the slowest request of each kind */
    private Map<String, Double> writeAndVerify(Served served, AtomicBoolean enough) throws IOException {
        Map<String, Double> slowestMs = new TreeMap<>();
        for (int round = 0; !enough.get(); round++) {
            Path report = directory.resolve("fio.json");
            Tool.of("fio", "--name=verify", "--ioengine=nbd", "--uri=" + served.uri("disk@fio"),
                            "--rw=randwrite", "--bs=4k", "--size=64m", "--io_size=32m", "--iodepth=8", "--fsync=64",
                            "--verify=crc32c", "--verify_fatal=1", "--verify_backlog=256",
                            "--randseed=" + (1000 + round), "--verify_state_save=0", "--aux-path=" + directory,
                            "--output-format=json", "--output=" + report)
                    .within(Duration.ofMinutes(3)).run().orFail();
            Json job = Json.parse(Files.readString(report)).at("jobs", 0);
            for (String direction : new String[] {"read", "write", "sync"}) {
                slowestMs.merge(direction, job.number(direction, "lat_ns", "max") / 1e6, Math::max);
            }
        }
        return slowestMs;
    }
}
