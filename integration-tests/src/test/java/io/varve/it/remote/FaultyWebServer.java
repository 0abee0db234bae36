package io.varve.it.remote;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A web server with one disk that answers each request as its test says, right or wrong.
 *
 * <p>Thread-safe because what its threads share are concurrent collections and final.
 */
final class FaultyWebServer implements AutoCloseable {

    /** One answer, byte for byte. */
    @FunctionalInterface
    interface Answer {
        void write(Request request, OutputStream out) throws IOException, InterruptedException;
    }

    /** Bytes that were asked for. Immutable. */
    record Request(int first, int length, Socket connection) {}

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Queue<Answer> script = new ConcurrentLinkedQueue<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicInteger requestCount = new AtomicInteger();
    private final byte[] content;
    private volatile Answer usual;

    FaultyWebServer(byte[] content) throws IOException {
        this.content = content;
        this.usual = right();
        start(() -> {
            while (true) {
                Socket socket = listener.accept();
                sockets.add(socket);
                start(() -> serve(socket));
            }
        });
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort() + "/disk.raw";
    }

    int requestCount() {
        return requestCount.get();
    }

    /** For the next request that no earlier call has an answer for. */
    FaultyWebServer then(Answer answer) {
        script.add(answer);
        return this;
    }

    /** For all other requests. */
    FaultyWebServer usually(Answer answer) {
        usual = answer;
        return this;
    }

    Answer right() {
        return part("\"one\"", 0);
    }

    /**
     * An answer that says what it has to say.
     *
     * @param missing bytes of the body that it says it will not send, and does not
     */
    Answer part(String tag, int missing) {
        return (request, out) -> {
            head(out, "206 Part", range(request) + "Content-Length: " + (request.length - missing) + "\r\nETag: " + tag
                    + "\r\n");
            out.write(content, request.first, request.length - missing);
        };
    }

    /** Begins a right answer, and does something else before the rest of it. */
    Answer interrupted(Answer meanwhile) {
        return (request, out) -> {
            head(out, "206 Part", range(request) + "Content-Length: " + request.length + "\r\nETag: \"one\"\r\n");
            out.write(content, request.first, request.length / 2);
            out.flush();
            meanwhile.write(request, out);
            out.write(content, request.first + request.length / 2, request.length - request.length / 2);
        };
    }

    Answer whole() {
        return (request, out) -> {
            head(out, "200 OK", "ETag: \"one\"\r\nContent-Length: " + content.length + "\r\n");
            out.write(content);
        };
    }

    static Answer status(String status, String... headers) {
        return (request, out) -> head(out, status, String.join("", headers) + "Content-Length: 0\r\n");
    }

    static Answer hangUp() {
        return (request, out) -> request.connection.close();
    }

    /** Until the server is closed. */
    Answer stall() {
        return (request, out) -> closed.await();
    }

    Answer after(long ms, Answer answer) {
        return (request, out) -> {
            closed.await(ms, TimeUnit.MILLISECONDS);
            answer.write(request, out);
        };
    }

    /** A byte now and then. */
    Answer drip() {
        return interrupted((request, out) -> {
            while (!closed.await(100, TimeUnit.MILLISECONDS)) {
                out.write(0);
                out.flush();
            }
        });
    }

    private String range(Request request) {
        return "Content-Range: bytes " + request.first + "-" + (request.first + request.length - 1) + "/"
                + content.length + "\r\n";
    }

    private static void head(OutputStream out, String status, String headers) throws IOException {
        out.write(("HTTP/1.1 " + status + "\r\n" + headers + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void serve(Socket socket) throws IOException, InterruptedException {
        try (socket) {
            BufferedReader in = new BufferedReader(
                    new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            int first = 0;
            int last = content.length - 1;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.toLowerCase().startsWith("range: bytes=")) {
                    String[] range = line.substring(line.indexOf('=') + 1).split("-");
                    first = Integer.parseInt(range[0]);
                    last = Math.min(content.length - 1, Integer.parseInt(range[1]));
                } else if (line.isEmpty()) {
                    requestCount.incrementAndGet();
                    Answer answer = script.poll();
                    (answer == null ? usual : answer)
                            .write(new Request(first, last - first + 1, socket), socket.getOutputStream());
                    socket.getOutputStream().flush();
                }
            }
        }
    }

    /** What a thread does until the client, or the test, is gone. */
    @FunctionalInterface
    private interface Body {
        void run() throws IOException, InterruptedException;
    }

    private static void start(Body body) {
        Thread thread = new Thread(() -> {
            try {
                body.run();
            } catch (IOException | InterruptedException e) {
                // The client, or the test, is gone.
            }
        }, "faulty");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        closed.countDown();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
