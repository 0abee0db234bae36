package io.varve.daemon.remote;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A web server on a socket that answers each request as the next line of its script says, right or wrong.
 *
 * <p>Thread-safe because what its threads share are concurrent collections.
 */
final class ScriptedHttpServer implements AutoCloseable {

    /** One answer, byte for byte. */
    interface Answer {
        void write(Request request, OutputStream out) throws IOException, InterruptedException;
    }

    /** What was asked, and what may follow. Header names are in lower case. Owned by the thread that answers. */
    record Request(String path, Map<String, String> headers, InputStream in) {

        long first() {
            return Long.parseLong(headers.get("range").replaceAll("bytes=(\\d+)-\\d+", "$1"));
        }

        int length() {
            return (int) (Long.parseLong(headers.get("range").replaceAll("bytes=\\d+-(\\d+)", "$1")) - first() + 1);
        }
    }

    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<Answer> script = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Thread acceptor;
    private volatile Answer usual;
    final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    final byte[] content;

    /** @param content of the disk, which it serves rightly when its script is at an end */
    ScriptedHttpServer(byte[] content) throws IOException {
        this.content = content;
        this.usual = right("\"one\"");
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.acceptor = start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort() + "/disk";
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

    private void accept() throws IOException {
        while (true) {
            Socket socket = listener.accept();
            sockets.add(socket);
            start(() -> serve(socket));
        }
    }

    private void serve(Socket socket) throws IOException, InterruptedException {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                Request request = receive(in);
                if (request == null) {
                    return;
                }
                // In this order, so that who has seen the request knows the line of the script to be used.
                Answer answer = script.poll();
                requests.add(request);
                (answer == null ? usual : answer).write(request, socket.getOutputStream());
                socket.getOutputStream().flush();
            }
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
        Request request = requests.poll(20, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("no request came");
        }
        return request;
    }

    private interface Body {
        void run() throws IOException, InterruptedException;
    }

    private Thread start(Body body) {
        Thread thread = new Thread(() -> {
            try {
                body.run();
            } catch (IOException | InterruptedException e) {
                // The client or the test is gone.
            }
        }, "scripted-http");
        thread.setDaemon(true);
        synchronized (threads) {
            threads.add(thread);
        }
        thread.start();
        return thread;
    }

    /** Once this has returned, nobody is let in any more. */
    @Override
    public void close() throws IOException {
        listener.close();
        try {
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (Socket socket : sockets) {
            socket.close();
        }
        synchronized (threads) {
            threads.forEach(Thread::interrupt);
        }
    }
}
