package io.varve.it.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Varve;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that boot together from another machine, of which much less is kept here than they read. */
class WaveIT {

    /** At one time. */
    private static final int CLIENTS = 4;
    /** One after the other, each soon enough to be of the wave. */
    private static final int LATECOMERS = 4;
    private static final int READ_LENGTH = 32 << 10;
    private static final int STRIDE = 64 << 10;
    private static final int READS = 200;
    private static final Pattern COUNT = Pattern.compile(" Read id=.* count=0x([0-9a-f]+)");

    @TempDir
    Path directory;

    private Process nbdkit;

    @AfterEach
    void endOrigin() {
        if (nbdkit != null) {
            nbdkit.destroyForcibly();
        }
    }

    @Test
    void shouldFetchOnceWhatAllOfThemRead() throws Exception {
        Path raw = RawImages.mixed(directory.resolve("disk.raw"), 24 * RawImages.MIB, 12);
        byte[] content = Files.readAllBytes(raw);
        Path log = directory.resolve("asked.log");
        Varve varve = new Varve(directory.resolve("store"));
        varve.run("import", origin(raw, log), "far", "--lazy", "--cache-size", "2M");
        try (Daemon daemon = varve.serve("far")) {
            boot(daemon, "far@first", content);
            Await.until("what was learned", Duration.ofSeconds(60), () -> isLearned(varve), () -> "");
        }
        // A machine that is on keeps what it reads open, for those who come after it.
        try (Daemon daemon = varve.serve("far"); NbdClient on = daemon.connect("far@on")) {
            on.read(0, READ_LENGTH);
            long before = bytesAsked(log);
            for (int i = 0; i < LATECOMERS; i++) {
                boot(daemon, "far@late" + i, content);
            }
            ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
            List<Future<?>> boots = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                String export = "far@client" + i;
                boots.add(threads.submit(() -> {
                    boot(daemon, export, content);
                    return null;
                }));
            }
            for (Future<?> boot : boots) {
                boot.get(2, TimeUnit.MINUTES);
            }
            threads.shutdown();
            assertThat(bytesAsked(log) - before)
                    .as("bytes asked of the origin for boots that read from pieces of %d bytes in all",
                            READS * STRIDE)
                    .isLessThan(2L * READS * STRIDE);
        }
    }

    private static boolean isLearned(Varve varve) {
        return varve.tries("boot", "show", "far").exitCode() == 0;
    }

    private static void boot(Daemon daemon, String export, byte[] content) throws IOException {
        try (NbdClient client = daemon.connect(export)) {
            for (int i = 0; i < READS; i++) {
                // In an order that no disk would guess.
                int offset = i * 37 % READS * STRIDE;
                assertThat(Arrays.equals(client.read(offset, READ_LENGTH),
                        Arrays.copyOfRange(content, offset, offset + READ_LENGTH))).as("at %d", offset).isTrue();
            }
        }
    }

    private String origin(Path raw, Path log) throws IOException {
        Path socket = directory.resolve("origin.sock");
        nbdkit = new ProcessBuilder("nbdkit", "--foreground", "--readonly", "--unix", socket.toString(),
                "--filter=log", "file", raw.toString(), "logfile=" + log).redirectErrorStream(true)
                .redirectOutput(directory.resolve("nbdkit.log").toFile()).start();
        Await.until("nbdkit's socket", Duration.ofSeconds(20), () -> Files.exists(socket), () -> "");
        return "nbd+unix:///?socket=" + socket;
    }

    private static long bytesAsked(Path log) throws IOException {
        try (var lines = Files.lines(log)) {
            return lines.map(COUNT::matcher).filter(Matcher::find)
                    .mapToLong(found -> Long.parseLong(found.group(1), 16)).sum();
        }
    }
}
