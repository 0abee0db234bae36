package io.varve.it.guest;

import io.varve.it.tool.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A virtual machine with a serial console that one can read and type on. Emulated, so that it needs no rights and no
 * particular machine: patience is measured in minutes.
 *
 * <p>Owned by the test that booted it, which closes it.
 */
final class Guest implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(6);

    private final Process process;
    private final Path console;
    private int readLength;

    private Guest(Process process, Path console) {
        this.process = process;
        this.console = console;
    }

    /**
     * @param console     file that takes what the guest prints
     * @param commandLine of the kernel, beside what the console needs
     * @param devices     options of the emulator
     */
    static Guest boot(Path console, Path initrd, String commandLine, String... devices) {
        GuestFiles.Kernel kernel = GuestFiles.kernel();
        List<String> command = new ArrayList<>(List.of(
                "qemu-system-x86_64", "-accel", "tcg", "-m", "512", "-nodefaults", "-no-user-config", "-no-reboot",
                "-display", "none", "-serial", "stdio",
                "-kernel", kernel.image().toString(),
                "-initrd", initrd.toString(),
                "-append", "console=ttyS0 quiet panic=-1 " + commandLine));
        command.addAll(List.of(devices));
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            return new Guest(builder.redirectOutput(console.toFile()).start(), console);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits until the console shows {@code text}, behind what earlier calls waited for.
     *
     * @return what was printed up to there
     */
    String awaits(String text) {
        return Await.value("'" + text + "' on the console", PATIENCE, () -> {
            boolean ended = !process.isAlive();
            String unread = console().substring(readLength);
            int found = unread.indexOf(text);
            if (found < 0 && ended) {
                throw new AssertionError("the guest ended without '" + text + "':\n" + console());
            }
            if (found < 0) {
                return Optional.empty();
            }
            readLength += found + text.length();
            return Optional.of(unread.substring(0, found));
        }, this::console);
    }

    void types(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new AssertionError("the guest takes no input:\n" + console(), e);
        }
    }

    void awaitsPowerOff() {
        Await.until("power off", PATIENCE, () -> !process.isAlive(), this::console);
    }

    /** All that was printed since power on; one character per byte. */
    String console() {
        try {
            return Files.readString(console, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Pulls the plug, if it is still on. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
