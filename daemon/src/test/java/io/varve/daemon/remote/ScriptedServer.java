package io.varve.daemon.remote;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A server for tests, with a thread for each connection.
 *
 * <p>Thread-safe because what its threads share are concurrent collections, or behind a lock.
 */
abstract class ScriptedServer implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 20;

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final List<Thread> threads = new ArrayList<>();
    private Thread acceptor;

    ScriptedServer() throws IOException {}

    /** When the constructor of the server is done. */
    final void listen() {
        acceptor = start(this::accept);
    }

    final int port() {
        return listener.getLocalPort();
    }

    /** Until it returns or throws the connection is there; on a thread of its own. */
    abstract void serve(Socket socket) throws IOException, InterruptedException;

    /** The next request, which must come. */
    static <T> T next(BlockingQueue<T> requests) throws InterruptedException {
        T request = requests.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("no request came");
        }
        return request;
    }

    private void accept() throws IOException {
        while (true) {
            Socket socket = listener.accept();
            sockets.add(socket);
            start(() -> {
                try (socket) {
                    serve(socket);
                }
            });
        }
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
        }, "scripted");
        thread.setDaemon(true);
        synchronized (threads) {
            threads.add(thread);
        }
        thread.start();
        return thread;
    }

    /** Ends the connections that there are, as a server that is started again. */
    final void hangUp() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** Once this has returned, nobody is let in any more. */
    @Override
    public final void close() throws IOException {
        listener.close();
        try {
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        hangUp();
        synchronized (threads) {
            threads.forEach(Thread::interrupt);
        }
    }
}
