package io.varve.perf.boot;

import io.varve.perf.macro.Commands;
import io.varve.perf.macro.Tool;
import io.varve.perf.macro.Waiting;
import io.varve.perf.macro.Workbench;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Boots a real system from a Varve export and writes down what it asked for. The guest is emulated, and is the one of
 * the integration tests, made by their recipes and kept in their cache; nbdkit stands between it and Varve, and writes
 * the log that becomes the trace.
 *
 * <p>Owned by the main thread.
 */
final class GuestRecording {

    static final List<Tool> TOOLS = List.of(Tool.NBDKIT, Tool.QEMU_SYSTEM, Tool.DEBOOTSTRAP, Tool.BUSYBOX, Tool.CPIO,
            Tool.MODPROBE, Tool.MKE2FS);
    private static final String CLIENT = "guest";
    private static final String READY = "guest login: ";
    private static final long RECIPE_LIMIT_SECONDS = 900;
    private static final long BOOT_LIMIT_NS = TimeUnit.MINUTES.toNanos(10);

    private final Workbench bench;
    private final Commands commands;
    private final Path recipes;
    private final Path cache;
    private final Progress progress;

    /** @param home the root of the source tree */
    GuestRecording(Workbench bench, Path home, Progress progress) {
        this.bench = bench;
        this.commands = bench.commands();
        this.recipes = home.resolve("integration-tests/src/test/guest");
        this.cache = home.resolve("integration-tests/target/cache");
        this.progress = progress;
    }

    /** Records one boot, up to the login prompt, into a trace. */
    void record(Path trace) throws IOException, InterruptedException {
        Path log = bench.path("guest.log");
        progress.begin("making a guest, the first time a few minutes");
        Files.createDirectories(cache);
        // What fetches one speaks of that first.
        List<String> words = recipe("kernel", cache.toString()).strip().lines().toList();
        String[] kernel = words.get(words.size() - 1).split(" ");
        Path initrd = cache.resolve("init-disk.cpio.gz");
        recipe("initrd", initrd.toString(), recipes.resolve("init-disk").toString(), kernel[0], kernel[1],
                "crc32c_generic virtio_pci virtio_blk ext4");
        try (Site site = new Site(bench, "guest")) {
            site.importFile(rootFileSystem());
            site.start();
            Path socket = bench.path("guest.sock");
            Commands.Started front = commands.start(List.of("nbdkit", "--foreground", "--unix", socket.toString(),
                    "--filter=log", "nbd", "uri=" + site.uri(CLIENT), "logfile=" + log), Map.of());
            Waiting.until(() -> Waiting.listens(socket), front, "nbdkit does not listen");
            progress.begin("booting the guest");
            Path console = bench.path("guest.console");
            Commands.Started guest = commands.start(guest(Path.of(kernel[0], "boot", "vmlinuz-" + kernel[1]), initrd,
                    socket, console), Map.of());
            Waiting.until(() -> shows(console), guest, "the guest does not come up", BOOT_LIMIT_NS);
            commands.stop(guest.process());
            commands.stop(front.process());
        }
        Files.write(trace, new NbdkitLog(Files.readAllLines(log)).trace(), StandardCharsets.US_ASCII);
    }

    private String recipe(String name, String... arguments) throws IOException, InterruptedException {
        List<String> command =
                Stream.concat(Stream.of(recipes.resolve(name).toString()), Stream.of(arguments)).toList();
        return commands.run(command, RECIPE_LIMIT_SECONDS);
    }

    /** That of the tests: its name says which recipe it is of. */
    private Path rootFileSystem() throws IOException, InterruptedException {
        long recipeId = Integer.toUnsignedLong(Files.readString(recipes.resolve("debian-root")).hashCode());
        Path image = cache.resolve("debian-" + Long.toHexString(recipeId) + ".ext4");
        if (!Files.exists(image)) {
            recipe("debian-root", image.toString());
        }
        return image;
    }

    private static List<String> guest(Path kernel, Path initrd, Path disk, Path console) {
        return List.of("qemu-system-x86_64", "-accel", "tcg", "-m", "512", "-nodefaults", "-no-user-config",
                "-no-reboot", "-display", "none", "-serial", "file:" + console,
                "-kernel", kernel.toString(), "-initrd", initrd.toString(), "-append", "console=ttyS0 quiet panic=-1",
                "-blockdev", "driver=nbd,node-name=disk,server.type=unix,server.path=" + disk
                        + ",cache.direct=on,discard=unmap",
                "-device", "virtio-blk-pci,drive=disk");
    }

    private static boolean shows(Path console) throws IOException {
        return Files.exists(console) && Files.readString(console, StandardCharsets.ISO_8859_1).contains(READY);
    }
}
