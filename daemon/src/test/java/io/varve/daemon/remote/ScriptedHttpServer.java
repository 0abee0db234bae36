package io.varve.daemon.remote;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A web server on a socket that answers each request as the next line of its script says, right or wrong.
 *
 * <p>Thread-safe because what its threads share are concurrent collections.
 */
final class ScriptedHttpServer extends ScriptedServer {

    /** One answer, byte for byte. */
    interface Answer {
        void write(Request request, OutputStream out) throws IOException, InterruptedException;
    }

    /** What was asked, and what may follow. Header names are in lower case. Owned by the thread that answers. */
    record Request(String path, Map<String, String> headers, InputStream in) {

        long first() {
            return Long.parseLong(headers.get("range").replaceAll("bytes=(\\d+)-\\d+", "$1"));
        }

        /** Of all that were asked for: first and last byte. */
        List<long[]> ranges() {
            return Arrays.stream(headers.get("range").substring("bytes=".length()).split(","))
                    .map(range -> Arrays.stream(range.split("-")).mapToLong(Long::parseLong).toArray())
                    .toList();
        }

        int length() {
            return (int) (Long.parseLong(headers.get("range").replaceAll("bytes=\\d+-(\\d+)", "$1")) - first() + 1);
        }
    }

    private final BlockingQueue<Answer> script = new LinkedBlockingQueue<>();
    private volatile Answer usual;
    final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    final byte[] content;

    /** @param content of the disk, which it serves rightly when its script is at an end */
    ScriptedHttpServer(byte[] content) throws IOException {
        this.content = content;
        this.usual = right("\"one\"");
        listen();
    }

    String url() {
        return "http://127.0.0.1:" + port() + "/disk";
    }

    ScriptedHttpServer then(Answer answer) {
        script.add(answer);
        return this;
    }

    /** For all that the script does not say. */
    void usually(Answer answer) {
        usual = answer;
    }

    Answer right(String tag) {
        return (request, out) -> {
            head(out, 206, "Content-Range: " + contentRange(request), "Content-Length: " + request.length(),
                    "ETag: " + tag);
            out.write(content, (int) request.first(), request.length());
        };
    }

    /** As {@link #right} for one range, and for several as nginx does it. */
    Answer rightForMany(String tag) {
        return (request, out) -> {
            if (request.ranges().size() == 1) {
                right(tag).write(request, out);
                return;
            }
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (long[] range : request.ranges()) {
                body.write(part(range[0], range[1]));
            }
            body.write("\r\n--BOUNDARY--\r\n".getBytes(StandardCharsets.US_ASCII));
            parts(body.toByteArray(), "ETag: " + tag).write(request, out);
        };
    }

    /** A part of a body, with the boundary before it. */
    byte[] part(long first, long last) throws IOException {
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        part.write(("\r\n--BOUNDARY\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes " + first + "-"
                + last + "/" + content.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        part.write(content, (int) first, (int) (last + 1 - first));
        return part.toByteArray();
    }

    /** An answer of several parts, right or wrong. */
    static Answer parts(byte[] body, String... headers) {
        return (request, out) -> {
            List<String> all = new ArrayList<>(List.of(headers));
            all.add("Content-Type: multipart/byteranges; boundary=BOUNDARY");
            all.add("Content-Length: " + body.length);
            head(out, 206, all.toArray(String[]::new));
            out.write(body);
        };
    }

    /** Whole headers except Content-Range, and the right body. */
    Answer withRange(String contentRange, String... headers) {
        return (request, out) -> {
            List<String> all = new ArrayList<>(List.of(headers));
            all.add("Content-Range: " + contentRange);
            all.add("Content-Length: " + request.length());
            head(out, 206, all.toArray(String[]::new));
            out.write(content, (int) request.first(), request.length());
        };
    }

    static Answer status(int status, String... headers) {
        return (request, out) -> {
            List<String> all = new ArrayList<>(List.of(headers));
            all.add("Content-Length: 5");
            head(out, status, all.toArray(String[]::new));
            out.write("sorry".getBytes(StandardCharsets.US_ASCII));
        };
    }

    static Answer redirect(String location) {
        return status(302, "Location: " + location);
    }

    /** What {@code before} writes, and then nothing, until the client or the test is gone. */
    static Answer stalling(Answer before) {
        return (request, out) -> {
            before.write(request, out);
            out.flush();
            new LinkedBlockingQueue<>().take();
        };
    }

    String contentRange(Request request) {
        return "bytes " + request.first() + "-" + (request.first() + request.length() - 1) + "/" + content.length;
    }

    static void head(OutputStream out, int status, String... headers) throws IOException {
        out.write(("HTTP/1.1 " + status + " Scripted\r\n" + String.join("\r\n", headers) + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    void serve(Socket socket) throws IOException, InterruptedException {
        InputStream in = new BufferedInputStream(socket.getInputStream());
        for (Request request = receive(in); request != null; request = receive(in)) {
            // In this order, so that who has seen the request knows the line of the script to be used.
            Answer answer = script.poll();
            requests.add(request);
            (answer == null ? usual : answer).write(request, socket.getOutputStream());
            socket.getOutputStream().flush();
        }
    }

    private static Request receive(InputStream in) throws IOException {
        String line = line(in);
        if (line == null) {
            return null;
        }
        String path = line.split(" ")[1];
        Map<String, String> headers = new TreeMap<>();
        for (line = line(in); line != null && !line.isEmpty(); line = line(in)) {
            String[] parts = line.split(": ?", 2);
            headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1]);
        }
        return new Request(path, headers, in);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            if (c == '\n') {
                return line.toString().trim();
            }
            line.append((char) c);
        }
        return null;
    }

    /** The next request, which must come. */
    Request request() throws InterruptedException {
        return next(requests);
    }
}
