package io.varve.it.guest;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine with a store on its disk and a client of its own: it serves the store, attaches an export over loopback,
 * and has writers in the file system inside. It is booted once; each power cut starts from the kept moment at which
 * the writers wait for their seed.
 *
 * <p>Owned by the test that made it.
 */
final class PowerCutMachine {

    static final String EXPORT = "disk@power";

    private static final int OUTER_MIB = 512;
    private static final long INNER_SIZE = 64L * RawImages.MIB;
    private static final String MOMENT = "ready";

    private final Path directory;
    private final Path disk;
    private final Path tools;
    private int startCount;

    /** Makes the disks. */
    PowerCutMachine(Path directory) throws IOException {
        this.directory = directory;
        this.disk = directory.resolve("outer.qcow2");
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Path inner = RawImages.ext4(directory.resolve("inner.ext4"), INNER_SIZE, "greeting", "sediment\n");
        new Varve(tree.resolve("store")).run("import", inner, "disk");
        Path outer = directory.resolve("outer.ext4");
        Tool.run("truncate", "-s", OUTER_MIB + "M", outer);
        Tool.run("mke2fs", "-q", "-t", "ext4", "-d", tree, outer);
        Tool.run("qemu-img", "convert", "-O", "qcow2", outer, disk);
        Files.delete(outer);
        this.tools = GuestFiles.powerTools();
    }

    /** Boots until the writers wait, and keeps that moment. */
    void bootAndKeep() throws IOException {
        Path socket = directory.resolve("qmp");
        try (Guest guest = start("-qmp", "unix:" + socket + ",server=on,wait=off")) {
            guest.awaits(PowerCutWriter.READY);
            keep(socket);
        }
    }

    private static void keep(Path socket) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            BufferedReader answers = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
            answers.readLine();
            ask(channel, answers, "{'execute': 'qmp_capabilities'}", "{}");
            ask(channel, answers, "{'execute': 'human-monitor-command', 'arguments': {'command-line': 'savevm "
                    + MOMENT + "'}}", "\"\"");
        }
    }

    private static void ask(SocketChannel channel, BufferedReader answers, String request, String expected)
            throws IOException {
        channel.write(StandardCharsets.UTF_8.encode(request.replace('\'', '"') + "\n"));
        String answer;
        do {
            answer = answers.readLine();
        } while (answer != null && answer.contains("\"event\""));
        if (answer == null || !answer.strip().equals("{\"return\": " + expected + "}")) {
            throw new AssertionError("the emulator was asked " + request + " and answered " + answer);
        }
    }

    /** Goes on from the kept moment, with the disk of that moment. */
    Guest resume(long seed) {
        Guest guest = start("-loadvm", MOMENT);
        guest.types(Long.toString(seed));
        return guest;
    }

    /** What the guest did not flush is lost with its memory; what it flushed is in the file of its disk. */
    private Guest start(String... more) {
        List<String> devices = new ArrayList<>(List.of(
                "-smp", "2",
                "-drive", "file=" + disk + ",format=qcow2,if=virtio,cache=writeback",
                "-drive", "file=" + tools + ",format=raw,if=virtio,readonly=on"));
        devices.addAll(List.of(more));
        Path console = directory.resolve("console-" + startCount++);
        return Guest.boot(
                console, GuestFiles.powerInitrd(), "varve.export=" + EXPORT, devices.toArray(String[]::new));
    }

    /**
     * Takes the store out of the disk as the last cut left it, after nothing but the replay of the journal.
     *
     * @return the store's directory
     */
    Path recoverStore(Path destination) throws IOException {
        Path raw = destination.resolve("outer.ext4");
        Tool.run("qemu-img", "convert", "-O", "raw", disk, raw);
        FileSystemCheck.replay(raw);
        FileSystemCheck.requireNothingToRepair(raw);
        Tool.run("debugfs", "-R", "rdump /store " + destination, raw);
        Files.delete(raw);
        return destination.resolve("store");
    }

    /** All files of a file system, in {@code destination}. */
    static void extract(Path fileSystem, Path destination) {
        try {
            Files.createDirectory(destination);
            Tool.run("debugfs", "-R", "rdump / " + destination, fileSystem);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
