package io.varve.it.remote;

import static io.varve.it.remote.FaultyWebServer.hangUp;
import static io.varve.it.remote.FaultyWebServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.control.ControlClient;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.remote.DiskManifest;
import io.varve.daemon.remote.RemoteDisk;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.RemoteLink;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreLayout;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.SmallDisk;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.client.NbdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What servers of disks do wrong, through the whole product: a client gets the right bytes, or an error in time, and
 * the status says what happened.
 */
@Timeout(120)
class RemoteFaultIT {

    private static final int SIZE = 2 * RawImages.MIB + 5120;
    private static final int STEP = 65_536;
    /** A read gives up after twenty seconds; the rest is for a busy machine. */
    private static final Duration LONGEST = Duration.ofSeconds(50);

    @TempDir
    static Path directory;

    private static byte[] content;
    private static Path manifest;
    private static Varve varve;
    private static Daemon daemon;

    @BeforeAll
    static void serve() throws IOException {
        Path raw = RawImages.mixed(directory.resolve("disk.raw"), SIZE, 17);
        content = Files.readAllBytes(raw);
        manifest = directory.resolve("disk.manifest");
        varve = new Varve(directory.resolve("store"));
        varve.run("import", raw, "local");
        varve.run("export", "local", directory.resolve("again.raw"), "--format", "raw", "--manifest", manifest);
        daemon = varve.serve();
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
        }
    }

    private static FaultyWebServer server() throws IOException {
        return new FaultyWebServer(content);
    }

    /** As {@code varve import --lazy} does it, without a process of its own. */
    private static void link(String image, FaultyWebServer... servers) throws IOException {
        link(image, Optional.empty(), 0, servers);
    }

    private static void link(String image, Optional<Path> manifest, long cacheLength, FaultyWebServer... servers)
            throws IOException {
        List<String> locations = Stream.of(servers).map(FaultyWebServer::url).toList();
        new RemoteLink(ImageName.parse(image), locations, manifest.map(Path::toString), cacheLength,
                OptionalLong.empty())
                .publish(Store.open(new NativeFileSpace(), varve.store()), RemoteDisk.look(locations));
    }

    private static Path writeManifest(byte[] disk) throws IOException {
        NativeFileSpace space = new NativeFileSpace();
        Path raw = Files.write(directory.resolve("short.raw"), disk);
        Path file = directory.resolve("short.manifest");
        try (BlockFile read = space.open(raw, OpenMode.READ);
                BlockFile written = space.open(file, OpenMode.CREATE_NEW)) {
            DiskManifest.make(read, written, position -> { });
        }
        return file;
    }

    /** @return whether the bytes came, which are then the right ones */
    private static boolean reads(NbdClient client, int offset, int length) throws IOException {
        long beginNs = System.nanoTime();
        try {
            assertThat(client.read(offset, length)).as("%d bytes at %d", length, offset)
                    .isEqualTo(Arrays.copyOfRange(content, offset, offset + length));
            return true;
        } catch (NbdException e) {
            return false;
        } finally {
            assertThat(Duration.ofNanos(System.nanoTime() - beginNs)).as("a bound, no speed").isLessThan(LONGEST);
        }
    }

    private static void assertReadsAll(NbdClient client) throws IOException {
        for (int offset = 0; offset < SIZE; offset += STEP) {
            assertThat(reads(client, offset, Math.min(STEP, SIZE - offset))).as("read at %d", offset).isTrue();
        }
    }

    private static Json remote(Varve of, String image) throws IOException {
        Map<String, Object> answer =
                ControlClient.ask(new StoreLayout(of.store()).controlSocket(), Map.of("ask", "status"));
        return new Json(answer).at("remotes").all().stream()
                .filter(remote -> remote.text("images", 0).equals(image))
                .findFirst().orElseThrow(() -> new AssertionError(answer.toString()));
    }

    private static Json mirror(String image, int index) throws IOException {
        return remote(varve, image).at("mirrors", index);
    }

    @Test
    void shouldWaitForASlowServer() throws Exception {
        try (FaultyWebServer server = server()) {
            link("slow", server);
            server.usually(server.after(700, server.right()));
            try (NbdClient client = daemon.connect("slow@a")) {
                assertThat(reads(client, 0, STEP)).isTrue();
                assertThat(mirror("slow", 0).number("failures")).isZero();
            }
        }
    }

    @Test
    void shouldGiveUpInTimeWhenALoneServerIsSilentOrDripsOrSaysLittle() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (FaultyWebServer silent = server(); FaultyWebServer half = server(); FaultyWebServer dripping = server()) {
            link("silent", silent);
            link("half", half);
            link("dripping", dripping);
            silent.usually(silent.stall());
            half.usually(half.interrupted(half.stall()));
            dripping.usually(dripping.drip());
            List<Future<Boolean>> outcomes = new ArrayList<>();
            for (String image : List.of("silent", "half", "dripping")) {
                outcomes.add(threads.submit(() -> {
                    try (NbdClient client = daemon.connect(image + "@a")) {
                        return reads(client, 0, STEP);
                    }
                }));
            }
            for (Future<Boolean> outcome : outcomes) {
                assertThat(outcome.get()).isFalse();
            }
            for (String image : List.of("silent", "half", "dripping")) {
                assertThat(mirror(image, 0).number("failures")).as(image).isPositive();
                assertThat(remote(varve, image).number("failed")).as(image).isPositive();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void shouldAskTheMirrorOfASilentServer() throws Exception {
        try (FaultyWebServer silent = server(); FaultyWebServer well = server()) {
            link("hedged", silent, well);
            silent.usually(silent.stall());
            try (NbdClient client = daemon.connect("hedged@a")) {
                assertReadsAll(client);
            }
            assertThat(mirror("hedged", 1).number("bytes")).isGreaterThanOrEqualTo(SIZE - STEP);
            assertThat(mirror("hedged", 0).number("bytes")).isZero();
        }
    }

    @Test
    void shouldAskAgainWhoHangsUpOrSendsTooLittle() throws Exception {
        try (FaultyWebServer server = server()) {
            link("short", server);
            try (NbdClient client = daemon.connect("short@a")) {
                assertThat(reads(client, 0, STEP)).isTrue();
                long before = mirror("short", 0).number("failures");
                server.then(server.interrupted(hangUp())).then(server.part("\"one\"", 100)).then(hangUp());
                assertThat(reads(client, 8 * STEP, STEP)).isTrue();
                // A connection that was kept open may end without being anybody's failure.
                assertThat(mirror("short", 0).number("failures") - before).isBetween(2L, 3L);
                assertThat(mirror("short", 0).number("retries")).isBetween(2L, 3L);
            }
        }
    }

    @Test
    void shouldFailAloneWhatAServerThatIsGoneHad() throws Exception {
        FaultyWebServer server = server();
        link("gone", server);
        try (NbdClient client = daemon.connect("gone@a")) {
            assertThat(reads(client, 0, STEP)).isTrue();
            server.close();
            assertThat(reads(client, 8 * STEP, STEP)).isFalse();
            assertThat(reads(client, 0, STEP)).isTrue();
            assertThat(mirror("gone", 0).number("failures")).isGreaterThan(3);
        }
    }

    @Test
    void shouldTakeNoOtherBytesThanTheManifestSays() throws Exception {
        byte[] changed = content.clone();
        for (int offset = 5000; offset < SIZE; offset += 700_000) {
            changed[offset] ^= 1;
        }
        try (FaultyWebServer wrong = new FaultyWebServer(changed); FaultyWebServer well = server()) {
            link("checked", Optional.of(manifest), 0, wrong, well);
            // So the first read asks both, in whatever order.
            well.then(status("503 Later", "Retry-After: 1\r\n"));
            try (NbdClient client = daemon.connect("checked@a")) {
                assertReadsAll(client);
                assertThat(mirror("checked", 0).number("wrong")).isPositive();
                assertThat(mirror("checked", 0).text("state")).isEqualTo("rests");
                assertThat(mirror("checked", 1).number("retries") + mirror("checked", 1).number("hedges"))
                        .isPositive();
                assertThat(mirror("checked", 1).number("wrong")).isZero();
                well.usually(hangUp());
                assertReadsAll(client);
            }
        }
    }

    @Test
    void shouldServeWhatIsRightOfALoneServerThatIsWrongInPlaces() throws Exception {
        // Another disk than that of the other test with a manifest: what is the same one has one cache.
        byte[] changed = Arrays.copyOf(content, 16 * STEP);
        Path own = writeManifest(changed);
        changed[100_000] ^= 1;
        try (FaultyWebServer wrong = new FaultyWebServer(changed)) {
            link("wrong", Optional.of(own), 0, wrong);
            try (NbdClient client = daemon.connect("wrong@a")) {
                for (int offset = 0; offset < changed.length; offset += STEP) {
                    assertThat(reads(client, offset, STEP)).as("read at %d", offset).isEqualTo(offset != STEP);
                }
                assertThat(mirror("wrong", 0).number("wrong")).isPositive();
                assertThat(mirror("wrong", 0).text("state")).isEqualTo("well");
            }
        }
    }

    @Test
    void shouldServeWhatIsKeptAndNothingElseOfADiskThatHasChanged() throws Exception {
        try (FaultyWebServer server = server()) {
            link("changed", server);
            try (NbdClient client = daemon.connect("changed@a")) {
                assertThat(reads(client, 0, STEP)).isTrue();
                server.usually(server.part("\"two\"", 0));
                assertThat(reads(client, 8 * STEP, STEP)).isFalse();
                assertThat(mirror("changed", 0).text("state")).isEqualTo("out");
                assertThat(reads(client, 0, STEP)).isTrue();
                int requests = server.requestCount();
                assertThat(reads(client, 12 * STEP, STEP)).isFalse();
                assertThat(server.requestCount()).as("it is not asked any more").isEqualTo(requests);
            }
        }
    }

    @Test
    void shouldNotTakeTheWholeDiskForARange() throws Exception {
        try (FaultyWebServer server = server()) {
            link("whole", server);
            try (NbdClient client = daemon.connect("whole@a")) {
                server.then(server.whole());
                assertThat(reads(client, 8 * STEP, STEP)).isFalse();
                assertThat(mirror("whole", 0).number("failures")).isEqualTo(1);
                assertThat(reads(client, 8 * STEP, STEP)).isTrue();
            }
            server.usually(server.whole());
            Tool.Outcome outcome = varve.tries("import", server.url(), "none", "--lazy");
            assertThat(outcome.exitCode()).isEqualTo(1);
            assertThat(outcome.errorLines()).singleElement().asString().contains("does not serve ranges");
        }
    }

    @Test
    void shouldGoWhereItIsSentButNotInCircles() throws Exception {
        try (FaultyWebServer first = server(); FaultyWebServer second = server()) {
            link("redirected", first);
            first.usually(status("302 There", "Location: " + second.url() + "\r\n"));
            try (NbdClient client = daemon.connect("redirected@a")) {
                assertReadsAll(client);
                assertThat(second.requestCount()).isPositive();
                assertThat(mirror("redirected", 0).number("failures")).isZero();
            }
            link("circle", second);
            second.usually(status("302 There", "Location: " + second.url() + "\r\n"));
            try (NbdClient client = daemon.connect("circle@a")) {
                assertThat(reads(client, 0, STEP)).isFalse();
                assertThat(mirror("circle", 0).number("failures")).isPositive();
            }
        }
    }

    @Test
    void shouldLeaveABusyServerAloneForAsLongAsItSays() throws Exception {
        try (FaultyWebServer server = server()) {
            link("busy", server);
            server.then(status("503 Later", "Retry-After: 1\r\n")).then(status("429 Slowly"));
            try (NbdClient client = daemon.connect("busy@a")) {
                assertThat(reads(client, 0, STEP)).isTrue();
                assertThat(mirror("busy", 0).number("failures")).isEqualTo(2);
                assertThat(mirror("busy", 0).number("retries")).isEqualTo(2);
                server.usually(status("503 Later", "Retry-After: 60\r\n"));
                assertThat(reads(client, 8 * STEP, STEP)).isFalse();
                assertThat(mirror("busy", 0).text("state")).isEqualTo("busy");
            }
        }
    }

    @Test
    void shouldRefuseAMirrorOfAnotherDisk() throws Exception {
        try (FaultyWebServer server = server();
                FaultyWebServer other = new FaultyWebServer(Arrays.copyOf(content, SIZE - 512))) {
            Tool.Outcome outcome = varve.tries("import", server.url(), "two", "--lazy", "--mirror", other.url());
            assertThat(outcome.exitCode()).isEqualTo(1);
            assertThat(outcome.errorLines()).singleElement().asString().contains("no mirror of the same disk");
            outcome = varve.tries("import", other.url(), "two", "--lazy", "--manifest", manifest);
            assertThat(outcome.exitCode()).isEqualTo(1);
            assertThat(outcome.errorLines()).singleElement().asString().contains("is the manifest of a disk of");
            outcome = varve.tries("import", server.url(), "two", "--lazy", "--manifest", directory.resolve("disk.raw"));
            assertThat(outcome.exitCode()).isEqualTo(1);
            assertThat(outcome.errorLines()).singleElement().asString().contains("does not begin with VARVEMAN");
        }
    }

    @Test
    void shouldKeepToTheSizeOfItsCache() throws Exception {
        try (FaultyWebServer server = server()) {
            link("bounded", Optional.empty(), 512 << 10, server);
            try (NbdClient client = daemon.connect("bounded@a")) {
                assertReadsAll(client);
                assertReadsAll(client);
                Json cache = remote(varve, "bounded").at("cache");
                assertThat(cache.number("bytes")).isBetween(1L, 512L << 10);
                assertThat(cache.number("evicted") + cache.number("declined")).isPositive();
            }
        }
    }

    @Test
    void shouldReadOnWhenTheDiskOfTheCacheIsFull() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("small"), RawImages.MIB);
                FaultyWebServer server = server()) {
            Varve small = new Varve(disk.path().resolve("store"));
            small.run("import", server.url(), "far", "--lazy");
            try (Daemon full = small.serve("--overlay", "none"); NbdClient client = full.connect("far@a")) {
                assertReadsAll(client);
                assertReadsAll(client);
                assertThat(remote(small, "far").number("cache", "failures")).isEqualTo(1);
            }
        }
    }

    @Test
    void shouldServeAnImageWhoseProfileIsDamaged() throws Exception {
        try (FaultyWebServer server = server()) {
            link("learned", server);
            Path profile = new StoreLayout(varve.store()).sequence(ImageName.parse("learned"));
            Files.write(profile, new byte[5000]);
            try (NbdClient client = daemon.connect("learned@a")) {
                assertReadsAll(client);
                assertThat(daemon.log()).contains(profile.toString());
            }
        }
    }
}
