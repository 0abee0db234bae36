package io.varve.perf.boot;

import io.varve.perf.macro.Commands;
import io.varve.perf.macro.Tool;
import io.varve.perf.macro.Waiting;
import io.varve.perf.macro.Workbench;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * nginx that serves the disk as a plain file, at the set rate for each answer, behind a {@link Relay} that adds the
 * delay and holds all answers together to the rate.
 *
 * <p>Owned by the main thread.
 */
final class NginxOrigin implements SlowOrigin {

    static final List<Tool> TOOLS = List.of(Tool.NGINX);
    /** Bytes of the answer's body, seconds, status, and the ranges that were asked for. */
    private static final String LOG_FORMAT = "$body_bytes_sent $request_time $status \"$http_range\"";

    private final Commands commands;
    private final Path image;
    private final Path log;
    private final Commands.Started process;
    private final Relay relay;

    /** @param name of the files on the bench, short */
    NginxOrigin(Workbench bench, String name, Path image, Link link) throws IOException, InterruptedException {
        this.commands = bench.commands();
        this.image = image;
        this.log = bench.path(name + ".log");
        Path socket = bench.path(name + ".sock");
        Path configuration = Files.writeString(bench.path(name + ".conf"), configuration(bench, name, socket, link));
        this.process = commands.start(
                List.of(Tool.NGINX.path(), "-e", bench.path(name + ".err").toString(), "-c", configuration.toString()),
                Map.of());
        Waiting.until(() -> Waiting.listens(socket), process, "nginx does not listen");
        this.relay = new Relay(UnixDomainSocketAddress.of(socket), link.delayMs(), link.bitsPerSecond() / Byte.SIZE);
    }

    private String configuration(Workbench bench, String name, Path socket, Link link) throws IOException {
        Path scratch = Files.createDirectory(bench.path(name + ".tmp"));
        String limit = link.bitsPerSecond() == 0 ? "" : "limit_rate " + link.bitsPerSecond() / Byte.SIZE + ";";
        StringBuilder paths = new StringBuilder();
        for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
            paths.append(kind).append("_temp_path ").append(scratch).append("; ");
        }
        return String.join("\n",
                "daemon off; master_process off; worker_processes 1;",
                "pid " + bench.path(name + ".pid") + ";",
                "events { worker_connections 1024; }",
                "http {",
                "  " + paths,
                "  log_format asked '" + LOG_FORMAT + "';",
                "  access_log " + log + " asked;",
                "  sendfile on; tcp_nodelay on; keepalive_requests 1000000; keepalive_timeout 1h;",
                "  " + limit,
                "  server { listen unix:" + socket + "; root " + image.getParent() + "; }",
                "}", "");
    }

    @Override
    public String name() {
        return "http";
    }

    @Override
    public String uri() {
        return "http://127.0.0.1:" + relay.port() + "/" + image.getFileName();
    }

    @Override
    public long pid() {
        return process.process().pid();
    }

    @Override
    public Traffic traffic() throws IOException {
        if (!Files.exists(log)) {
            return Traffic.NONE;
        }
        List<String> lines = Files.readAllLines(log);
        long bytes = lines.stream().mapToLong(line -> Long.parseLong(line.substring(0, line.indexOf(' ')))).sum();
        return new Traffic(lines.size(), bytes, relay.connections());
    }

    @Override
    public void close() throws InterruptedException {
        relay.close();
        commands.stop(process.process());
    }
}
