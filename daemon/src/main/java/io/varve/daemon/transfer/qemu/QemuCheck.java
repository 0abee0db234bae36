package io.varve.daemon.transfer.qemu;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Asks {@code qemu-img check} whether the tables of a file are sound, because a read does not tell: QEMU takes what
 * lies behind the end of a file that was cut off for zeros (VMDK, measured with 7.2).
 *
 * <p>Immutable.
 *
 * @param program path of qemu-img
 */
record QemuCheck(Path program, OtherFile file) {

    /** Exit codes of qemu-img check: space that nobody uses is not damage, and not every format can be checked. */
    private static final List<Integer> HARMLESS = List.of(0, 3, 63);
    private static final int SAID_LENGTH = 4096;

    /** @throws QemuException if they are not */
    void run() throws IOException {
        List<String> words = List.of(program.toString(), "check", "-q", "-f", file.format().driver(),
                file.path().toAbsolutePath().toString());
        Process process = QemuCommand.of(words).redirectErrorStream(true).start();
        try {
            String said = read(process.getInputStream());
            if (!HARMLESS.contains(process.waitFor())) {
                throw QemuException.unreadable(
                        file, ", because qemu-img check finds damage", firstLine(said), null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        } finally {
            process.destroyForcibly();
        }
    }

    /** To its end, so that it never waits for us; what is kept is the beginning. */
    private static String read(InputStream in) throws IOException {
        byte[] first = in.readNBytes(SAID_LENGTH);
        byte[] more = new byte[SAID_LENGTH];
        while (in.read(more) >= 0) {
            // A badly damaged file makes many lines.
        }
        return new String(first, StandardCharsets.UTF_8);
    }

    private static String firstLine(String said) {
        return said.lines().map(String::strip).filter(line -> !line.isEmpty()).findFirst()
                .map(line -> line.replaceFirst("^ERROR:? ", ""))
                .orElse("it gave no reason");
    }
}
