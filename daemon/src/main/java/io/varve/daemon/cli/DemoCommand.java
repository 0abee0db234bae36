package io.varve.daemon.cli;

import io.varve.daemon.cli.demo.DemoBoot;
import io.varve.daemon.cli.demo.DemoImage;
import io.varve.daemon.cli.demo.DemoPlace;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.serve.ListenAddress;
import io.varve.daemon.serve.TlsSettings;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.OverlayMode;
import io.varve.daemon.store.OverlayPolicy;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreException;
import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * Everything that Varve is for, in a few seconds, in a directory that is gone afterwards. Its exit code says whether
 * all of it was as promised. Owned by the thread that runs the command.
 */
@Command(name = "demo", description = "Make a small store, serve it, show two clients and a learned boot.")
final class DemoCommand extends StoreCommand {

    private static final String IMAGE = "desktop:v2";
    private static final int VERSION = 2;
    private static final int PAGES_PER_MIB = 256;
    private static final int MIN_SIZE = 16;
    private static final int MAX_SIZE = 1024;
    /** Where the two clients write: a page that the image has data in. */
    private static final int SHARED_PAGE = 5;
    private static final double PROMISED_HITS = 0.8;
    private static final long LEARNING_LIMIT_NS = TimeUnit.SECONDS.toNanos(20);

    @Option(names = "--stay", description = "Keep serving until Ctrl-C.")
    private boolean stay;

    @Option(names = "--size", paramLabel = "MIB", defaultValue = "48",
            description = "Size of the image, " + MIN_SIZE + " to " + MAX_SIZE + " (default: ${DEFAULT-VALUE}).")
    private int size;

    private volatile boolean promisesKept;
    private DemoPlace place;
    private DemoImage image;

    @Override
    public Integer call() throws IOException {
        if (size < MIN_SIZE || size > MAX_SIZE) {
            throw new ParameterException(spec().commandLine(), "--size is " + MIN_SIZE + " to " + MAX_SIZE);
        }
        image = new DemoImage(size * PAGES_PER_MIB);
        try (DemoPlace made = DemoPlace.create()) {
            place = made;
            print("varve demo, in " + place.root() + ", which will be gone afterwards");
            importTwoVersions();
            serveAndShow();
        }
        print("");
        print("everything was as promised, and is gone");
        return DONE;
    }

    private void serveAndShow() throws IOException {
        RunningDaemon daemon = surroundings().services().startDaemon(place.store(), new ServeSettings(
                Offer.EVERYTHING,
                List.of(new ListenAddress.Unix(place.socket()), new ListenAddress.Tcp("127.0.0.1", 0)),
                TlsSettings.OFF, OverlayPolicy.of(OverlayMode.PERSISTENT), 0, UpkeepOptions.NONE, Optional.empty()));
        StopSignal signal = StopSignal.install(() -> {
            daemon.close();
            place.close();
            return promisesKept ? DONE : FAILED;
        }, surroundings());
        try {
            show(daemon);
            promisesKept = true;
            if (stay) {
                print("");
                print("serving on " + String.join(" and ", daemon.addresses()) + " until Ctrl-C");
                surroundings().out().flush();
                signal.await();
            }
        } finally {
            signal.uninstall();
            daemon.close();
        }
    }

    private void show(RunningDaemon daemon) throws IOException {
        title("3. It is served; connect as you like");
        for (String address : daemon.addresses()) {
            print("   " + NbdUri.of(address, IMAGE + "@you"));
        }
        String uri = NbdUri.of(daemon.addresses().get(0), IMAGE + "@you");
        print("   nbdinfo '" + uri + "'");
        print("   qemu-system-x86_64 -drive 'file=" + uri + ",format=raw,if=virtio'");
        print("   nbd-client -unix " + place.socket() + " -N " + IMAGE + "@you /dev/nbd0, then mount /dev/nbd0 /mnt");
        learnedBoot();
        twoClients();
        title("6. What the daemon says");
        command("overlays");
        command("status");
    }

    private void importTwoVersions() throws IOException {
        title("1. A disk of " + size + " MiB, and a second version of it");
        Path first = place.root().resolve("v1.raw");
        Path second = place.root().resolve("v2.raw");
        image.write(1, first);
        image.write(VERSION, second);
        title("2. Both are imported; of the second, only what differs is stored");
        command("import", first.toString(), "desktop:v1");
        command("import", second.toString(), IMAGE, "--parent", "desktop:v1");
        command("images");
    }

    private void twoClients() throws IOException {
        title("5. Two clients, one image, two overlays");
        try (NbdClient alice = connect("alice"); NbdClient bob = connect("bob"); NbdClient carol = connect("carol")) {
            String fromAlice = "Alice was here.";
            String fromBob = "Bob was here, too.";
            write(alice, fromAlice);
            write(bob, fromBob);
            require(read(alice).equals(fromAlice), "alice reads '" + read(alice) + "'");
            require(read(bob).equals(fromBob), "bob reads   '" + read(bob) + "'");
            String imported = image.line(VERSION, SHARED_PAGE);
            require(read(carol).equals(imported), "carol reads '" + read(carol) + "', as it was imported");
            for (NbdClient client : List.of(alice, bob, carol)) {
                client.disconnect();
            }
        }
    }

    private void learnedBoot() throws IOException {
        title("4. A boot is learned from the first client, and read ahead for the second");
        DemoBoot boot = new DemoBoot(image, VERSION, image.pageCount() / 4);
        place.forgetPageCache();
        DemoBoot.Outcome first;
        try (NbdClient client = connect("desk-1")) {
            first = boot.boot(client);
            client.disconnect();
        }
        report("first boot ", first);
        awaitLearned();
        place.forgetPageCache();
        try (NbdClient client = connect("desk-2")) {
            DemoBoot.Outcome second = boot.boot(client);
            report("second boot", second);
            Map<?, ?> counters = bootCounters("desk-2");
            double hits = ((Number) counters.get("hitRatio")).doubleValue();
            require(hits >= PROMISED_HITS, "of the pages that the second boot read, "
                    + Math.round(hits * 100) + " % were in memory before it asked (prefetched "
                    + counters.get("prefetched") + ", used " + counters.get("used")
                    + ", late " + counters.get("late") + ", missed " + counters.get("missed") + " pages)");
            client.disconnect();
        }
    }

    private void report(String which, DemoBoot.Outcome outcome) throws IOException {
        require(outcome.rightCount() == outcome.readCount(), which + ": " + outcome.readCount() + " reads of "
                + Units.bytes(outcome.readBytes()) + ", all of them right, waited "
                + Units.micros(TimeUnit.NANOSECONDS.toMicros(outcome.waitedNs())) + " for them");
    }

    /** The recording is stored after its client has left. */
    private void awaitLearned() throws IOException {
        Store store = Store.open(new NativeFileSpace(), place.store());
        long startNs = System.nanoTime();
        while (store.boots().profile(ImageName.parse(IMAGE)).isEmpty()) {
            if (System.nanoTime() - startNs > LEARNING_LIMIT_NS) {
                throw new StoreException("the boot of " + IMAGE + " was not learned: run it again with VARVE_DEBUG=1");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        store.boots().profile(ImageName.parse(IMAGE)).ifPresent(profile -> print("   learned: "
                + profile.sequences().get(0).entryCount() + " ranges, in the order in which they were read"));
    }

    private Map<?, ?> bootCounters(String client) throws IOException {
        Map<String, Object> status = surroundings().services().askDaemon(place.store(), Map.of("ask", "status"));
        for (Object disk : (List<?>) status.get("disks")) {
            if (disk instanceof Map<?, ?> fields && (IMAGE + "@" + client).equals(fields.get("name"))) {
                return (Map<?, ?>) fields.get("boot");
            }
        }
        throw new StoreException("the daemon does not know client " + client + ": its status is " + status);
    }

    private NbdClient connect(String client) throws IOException {
        SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(place.socket()));
        return NbdClient.connect(socket, ClientOptions.structured(IMAGE + "@" + client));
    }

    private static void write(NbdClient client, String text) throws IOException {
        byte[] page = new byte[DemoImage.PAGE_SIZE];
        byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, page, 0, bytes.length);
        client.write((long) SHARED_PAGE * DemoImage.PAGE_SIZE, page);
        client.flush();
    }

    private static String read(NbdClient client) throws IOException {
        byte[] page = client.read((long) SHARED_PAGE * DemoImage.PAGE_SIZE, DemoImage.PAGE_SIZE);
        return new String(page, StandardCharsets.UTF_8).lines().findFirst().orElse("").strip();
    }

    /** Says it if it is so, and ends the demonstration if it is not. */
    private void require(boolean promise, String line) throws IOException {
        if (!promise) {
            throw new StoreException("not as promised: " + line);
        }
        print("   " + line);
    }

    private void title(String text) {
        print("");
        print(text);
    }

    /** Runs a command of ours, on the store of the demonstration, as a user would. */
    private void command(String... words) throws IOException {
        print("   $ varve " + String.join(" ", words));
        String[] args = Stream.concat(Stream.of("--store", place.store().toString()), Arrays.stream(words))
                .toArray(String[]::new);
        if (VarveCommandLine.run(args, surroundings()) != DONE) {
            throw new StoreException("not as promised: 'varve " + String.join(" ", words) + "' failed");
        }
    }
}
