package io.varve.it.guest;

import io.varve.it.guest.PowerCutScript.Step;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Runs in the guest: some writers that follow the script, each in a directory of its own, and say on the console what
 * is durable by the word of the file system. Needs nothing but the JDK.
 *
 * <p>Owned by its thread.
 */
final class PowerCutWriter implements Runnable {

    static final String READY = "GUEST ready";
    static final String ACKNOWLEDGED = "ACK";
    static final String FAILED = "GUEST failed";
    static final String PAGES = "pages";

    private final PowerCutScript script;
    private final int writer;
    private final Path directory;

    private PowerCutWriter(PowerCutScript script, int writer, Path directory) {
        this.script = script;
        this.writer = writer;
        this.directory = directory;
    }

    /** @param arguments where the file system is mounted; the seed comes from the console */
    public static void main(String[] arguments) throws IOException {
        warmUp(Files.createDirectory(Path.of(arguments[0], "warm-up")));
        say(READY);
        BufferedReader console = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PowerCutScript script = new PowerCutScript(Long.parseLong(console.readLine().strip()));
        for (int writer = 0; writer < PowerCutScript.WRITER_COUNT; writer++) {
            new Thread(new PowerCutWriter(script, writer, Path.of(arguments[0], "" + writer))).start();
        }
    }

    /** Every path once, so that classes are loaded before the moment that is kept. */
    private static void warmUp(Path directory) throws IOException {
        PowerCutWriter writer = new PowerCutWriter(new PowerCutScript(0), 0, directory);
        writer.makePages();
        for (int number = 1; number <= 40; number++) {
            writer.follow(writer.script.step(0, number));
        }
    }

    /** One write to the console for each line, so that writers do not cut into each other's. */
    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    @Override
    public void run() {
        try {
            Files.createDirectory(directory);
            makePages();
            for (int number = 1;; number++) {
                say(ACKNOWLEDGED + " " + writer + " " + (number - 1));
                follow(script.step(writer, number));
            }
        } catch (IOException e) {
            say(FAILED + ": " + e);
        }
    }

    private void makePages() throws IOException {
        ByteBuffer pages = ByteBuffer.allocate(PowerCutScript.PAGE_COUNT * PowerCutScript.PAGE_SIZE);
        for (int page = 0; page < PowerCutScript.PAGE_COUNT; page++) {
            pages.put(script.page(writer, page, 0));
        }
        write(directory.resolve(PAGES), 0, pages.flip());
        sync(directory);
        sync(directory.getParent());
    }

    private void follow(Step step) throws IOException {
        Path file = directory.resolve("" + step.target());
        switch (step.kind()) {
            case IN_PLACE -> write(
                    directory.resolve(PAGES),
                    (long) step.target() * PowerCutScript.PAGE_SIZE,
                    ByteBuffer.wrap(script.page(writer, step.target(), step.number())));
            case REPLACE -> {
                Path fresh = directory.resolve("new");
                Files.deleteIfExists(fresh);
                write(fresh, 0, ByteBuffer.wrap(script.content(writer, step)));
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                sync(directory);
            }
            case REMOVE -> {
                Files.deleteIfExists(file);
                sync(directory);
            }
        }
    }

    private static void write(Path file, long position, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes, position + bytes.position());
            }
            channel.force(true);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory)) {
            channel.force(true);
        }
    }
}
