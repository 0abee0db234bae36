package io.varve.it.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Repository;
import io.varve.it.tool.Varve;
import io.varve.nbd.client.NbdClient;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients boot from a slow origin, and what they waited for is told, and drawn in a browser. */
class BootExplainIT {

    private static final long SIZE = 64 * RawImages.MIB;
    private static final int READS = 300;
    private static final Path PICTURES = Repository.ROOT.resolve("integration-tests/target/explain");

    private record Read(long offset, int length) {}

    @TempDir
    Path directory;

    private Varve varve;
    private Process nbdkit;
    private List<Read> boot;
    private long bootLength;

    @BeforeEach
    void makeADistantDisk() throws IOException {
        varve = new Varve(directory.resolve("store"));
        Path raw = RawImages.mixed(directory.resolve("disk.raw"), SIZE, 21);
        Path socket = directory.resolve("o.sock");
        nbdkit = new ProcessBuilder("nbdkit", "--foreground", "--readonly", "--unix", socket.toString(),
                "--filter=delay", "file", raw.toString(), "rdelay=5ms")
                .redirectErrorStream(true).redirectOutput(directory.resolve("nbdkit.log").toFile()).start();
        Await.until("nbdkit's socket", Duration.ofSeconds(20), () -> Files.exists(socket), () -> "");
        varve.run("import", "nbd+unix:///?socket=" + socket, "far", "--lazy");
        boot = boot(new Random(5));
        bootLength = boot.stream().mapToLong(Read::length).sum();
    }

    /** Files here and there on the disk, each read from its beginning. */
    private static List<Read> boot(Random random) {
        List<Read> reads = new ArrayList<>();
        long offset = 0;
        for (int i = 0; i < READS; i++) {
            if (random.nextInt(6) == 0) {
                offset = random.nextInt((int) (SIZE / 2 / 4096)) * 4096L + (random.nextBoolean() ? SIZE / 4 : 0);
            }
            int length = 4096 * (1 + random.nextInt(16));
            reads.add(new Read(offset, length));
            offset += length;
        }
        return reads;
    }

    @AfterEach
    void endOrigin() {
        nbdkit.destroyForcibly();
    }

    @Test
    void shouldTellAndDrawWhatBootsWaitedFor() throws Exception {
        try (Daemon daemon = varve.serve("far")) {
            boot(daemon, "far@pc-1");
            awaitBoots(1);
            Path learned = varve.store().resolve("images/far/latest.seq");
            Await.until("what the boot taught", Duration.ofSeconds(60), () -> Files.exists(learned), () -> "");
            bootTogether(daemon, "far@pc-2", "far@pc-3", "far");
            awaitBoots(4);
        }
        checkFigures(varve.run("boot", "explain", "far", "--json").json());
        checkText();
        checkPage();
    }

    private void boot(Daemon daemon, String export) throws IOException {
        try (NbdClient client = daemon.connect(export)) {
            for (Read read : boot) {
                client.read(read.offset, read.length);
            }
        }
    }

    private void bootTogether(Daemon daemon, String... exports) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(exports.length);
        try {
            List<Future<?>> boots = new ArrayList<>();
            for (String export : exports) {
                boots.add(clients.submit(() -> {
                    boot(daemon, export);
                    return null;
                }));
            }
            for (Future<?> each : boots) {
                each.get(2, TimeUnit.MINUTES);
            }
        } finally {
            clients.shutdownNow();
        }
    }

    private void awaitBoots(int count) {
        Path boots = varve.store().resolve("images/far/latest.boots");
        Await.until(count + " boots that are written down", Duration.ofSeconds(60), () -> filesIn(boots) == count,
                () -> filesIn(boots) + " are");
    }

    private static long filesIn(Path directory) {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".boot")).count();
        } catch (IOException e) {
            return 0;
        }
    }

    private void checkFigures(Json report) {
        List<Json> boots = report.at("boots").all();
        assertThat(boots).hasSize(4);
        for (Json each : boots) {
            assertThat(each.number("bytes")).as("bytes of %s", each).isEqualTo(bootLength);
            assertThat(each.at("bytesByPlace").all().stream().mapToLong(place -> place.number()).sum())
                    .isEqualTo(bootLength);
            assertThat(each.number("readsNotWrittenDown")).isZero();
        }
        Json first = boots.get(3);
        assertThat(first.text("client")).isEqualTo("pc-1");
        assertThat(first.flag("replayed")).isFalse();
        assertThat(nullable(first, "precision")).isNull();
        assertThat(first.number("bytesByPlace", "origin")).as("nothing was here before").isPositive();
        assertThat(first.number("longestWaitUs")).as("of an origin that takes 5 ms").isGreaterThan(5000);
        assertThat(first.number("lengthUs")).isGreaterThanOrEqualTo(first.number("waitedUs"));
        assertThat(first.at("longestWaits", 0).text("from")).isEqualTo("origin");
        assertThat(boots.subList(0, 3)).allSatisfy(each -> {
            assertThat(each.flag("replayed")).isTrue();
            assertThat(each.number("pagesMissed")).as("all of it was learned").isZero();
        });
        assertThat(boots.subList(0, 3)).extracting(each -> nullable(each, "client"))
                .containsExactlyInAnyOrder("pc-2", "pc-3", null);
    }

    private static Object nullable(Json report, String name) {
        return ((Map<?, ?>) report.value()).get(name);
    }

    private void checkText() {
        String all = varve.run("boot", "explain", "far").out();
        assertThat(all).contains("CLIENT", "(no name)", "pc-1", "pc-2", "pc-3", "ORIGIN", "waited");
        String one = varve.run("boot", "explain", "far@pc-1").out();
        assertThat(one).contains("pc-1", "origin", "these the longest").doesNotContain("pc-2");
        assertThat(varve.tries("boot", "explain", "far@pc-9").errorLines()).singleElement().asString()
                .contains("pc-9", "varve boot explain far");
    }

    private void checkPage() throws IOException {
        Files.createDirectories(PICTURES);
        Path page = PICTURES.resolve("boots.html");
        varve.run("boot", "explain", "far@pc-1", "--html", page);
        Json first = varve.run("boot", "explain", "far@pc-1", "--json").json().at("boots", 0);
        HeadlessBrowser browser = new HeadlessBrowser(directory.resolve("browser"));
        String dom = browser.dom(page);
        assertThat(dom).contains("data-drawn=\"4\"").doesNotContain("data-error");
        assertThat(HeadlessBrowser.count(dom, "read")).isEqualTo((int) first.number("reads"));
        assertThat(HeadlessBrowser.count(dom, "dot")).isEqualTo((int) first.number("reads"));
        assertThat(HeadlessBrowser.count(dom, "stall")).isEqualTo((int) first.number("readsThatWaited"));
        assertThat(HeadlessBrowser.count(dom, "area")).isGreaterThanOrEqualTo(2);
        assertThat(HeadlessBrowser.count(dom, "row")).as("one client is no wave").isZero();

        varve.run("boot", "explain", "far", "--html", page);
        dom = browser.dom(page);
        assertThat(dom).doesNotContain("data-error");
        int members = Json.parse(dom.replaceAll("(?s).*\"wave\":(\\[[^]]*]).*", "$1")).all().size();
        assertThat(members).as("clients that began together").isBetween(3, 4);
        assertThat(HeadlessBrowser.count(dom, "row")).isEqualTo(members);
        assertThat(HeadlessBrowser.count(dom, "card")).isEqualTo(4);
        for (int width : new int[] {1400, 700}) {
            Path light = PICTURES.resolve("light-" + width + ".png");
            assertBackground(browser.picture(page, light, width, false), 200, 255);
            Path dark = PICTURES.resolve("dark-" + width + ".png");
            assertBackground(browser.picture(page, dark, width, true), 0, 60);
        }
    }

    private static void assertBackground(BufferedImage picture, int least, int most) {
        assertThat(picture.getRGB(2, 2) & 0xff).isBetween(least, most);
    }
}
