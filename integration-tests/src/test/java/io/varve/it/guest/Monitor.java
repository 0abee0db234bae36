package io.varve.it.guest;

import io.varve.it.tool.Await;
import io.varve.it.tool.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The emulator's side of a guest: what it counts, asked over its monitor (QMP).
 *
 * <p>Owned by the test that opened it, which closes it.
 */
final class Monitor implements AutoCloseable {

    private final SocketChannel channel;
    private final BufferedReader answers;

    private Monitor(SocketChannel channel) {
        this.channel = channel;
        this.answers = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
    }

    /**
     * How long reads of a disk took, as the guest felt it.
     *
     * @param tookNs nanoseconds of all reads together
     */
    record Reads(long count, long bytes, long tookNs) {}

    /** What the emulator's option {@code -qmp} takes. */
    static String option(Path socket) {
        return "unix:" + socket + ",server=on,wait=off";
    }

    static Monitor open(Path socket) throws IOException {
        Await.until("the monitor", Duration.ofSeconds(60), () -> Files.exists(socket), socket::toString);
        Monitor monitor = new Monitor(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
        monitor.answers.readLine(); // its greeting
        monitor.ask("qmp_capabilities");
        return monitor;
    }

    private Json ask(String command) throws IOException {
        ByteBuffer question = StandardCharsets.UTF_8.encode("{\"execute\":\"" + command + "\"}\n");
        while (question.hasRemaining()) {
            channel.write(question);
        }
        String line = answers.readLine();
        while (line != null && !line.startsWith("{\"return\"")) {
            line = answers.readLine(); // an event
        }
        if (line == null) {
            throw new IOException("the monitor is gone");
        }
        return Json.parse(line).at("return");
    }

    /** Of the first disk, since power on. */
    Reads reads() throws IOException {
        Json stats = ask("query-blockstats").at(0, "stats");
        return new Reads(stats.number("rd_operations"), stats.number("rd_bytes"), stats.number("rd_total_time_ns"));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
