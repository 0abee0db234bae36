package io.varve.daemon.control;

import java.io.File;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jnr.enxio.channels.NativeSelectorProvider;
import jnr.unixsocket.UnixServerSocketChannel;
import jnr.unixsocket.UnixSocketAddress;
import jnr.unixsocket.UnixSocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control socket of a running daemon. One thread does everything here, so that a channel is closed by the thread
 * that reads it: a read on a closed jnr channel would hit whatever connection got its descriptor next.
 *
 * <p>Thread-safe because {@link #close} only raises a flag, wakes the thread and waits for its end.
 */
public final class ControlServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);

    private static final int BACKLOG = 16;
    private static final int MAX_SESSIONS = 32;
    /** A path of a unix socket with its terminating zero (sys/un.h, sun_path). */
    private static final int MAX_PATH_LENGTH = 107;
    private static final long IDLE_LIMIT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long TICK_MS = 1000;
    private static final long STOP_LIMIT_MS = 5000;

    private final Path path;
    private final UnixServerSocketChannel listener;
    private final Selector selector;
    private final ControlHandler handler;
    private final Thread thread;
    private volatile boolean stopped;

    private ControlServer(Path path, UnixServerSocketChannel listener, Selector selector, ControlHandler handler) {
        this.path = path;
        this.listener = listener;
        this.selector = selector;
        this.handler = handler;
        this.thread = new Thread(this::run, "varve-control");
        thread.setDaemon(true);
    }

    /**
     * Replaces a socket file that a dead daemon left behind; the caller holds the store's daemon lock, so nobody
     * listens on it.
     */
    public static ControlServer start(Path path, ControlHandler handler) throws IOException {
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        if (fresh.toString().length() > MAX_PATH_LENGTH) {
            throw new IOException("control socket " + path + ": the path is longer than the " + MAX_PATH_LENGTH
                    + " characters that a socket may have: use a store with a shorter path");
        }
        Files.deleteIfExists(fresh);
        UnixServerSocketChannel listener = UnixServerSocketChannel.open();
        try {
            listener.socket().bind(new UnixSocketAddress(new File(fresh.toString())), BACKLOG);
            // Nobody can connect under the final name before the permissions are right.
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
            Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            listener.configureBlocking(false);
            Selector selector = NativeSelectorProvider.getInstance().openSelector();
            listener.register(selector, SelectionKey.OP_ACCEPT);
            ControlServer server = new ControlServer(path, listener, selector, handler);
            server.thread.start();
            return server;
        } catch (IOException | RuntimeException e) {
            listener.close();
            Files.deleteIfExists(fresh);
            throw new IOException("control socket " + path + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        stopped = true;
        selector.wakeup();
        try {
            thread.join(STOP_LIMIT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(path);
    }

    private void run() {
        try {
            while (!stopped) {
                selector.select(TICK_MS);
                for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
                    SelectionKey key = keys.next();
                    keys.remove();
                    onReady(key);
                }
                closeLateSessions(System.nanoTime());
            }
        } catch (IOException | RuntimeException e) {
            LOG.error("the control socket {} ends after a failure; serving goes on", path, e);
        } finally {
            closeEverything();
        }
    }

    private void onReady(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        if (key.isAcceptable()) {
            accept();
            return;
        }
        ControlSession session = (ControlSession) key.attachment();
        boolean goesOn;
        try {
            goesOn = session.wantsToWrite() ? session.onWritable() : session.onReadable();
            session.extend(System.nanoTime() + IDLE_LIMIT_NS);
        } catch (IOException e) {
            LOG.debug("control connection lost", e);
            goesOn = false;
        }
        if (goesOn) {
            key.interestOps(session.wantsToWrite() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        } else {
            close(key);
        }
    }

    private void accept() {
        try {
            UnixSocketChannel channel = listener.accept();
            if (channel == null) {
                return;
            }
            if (sessions().size() >= MAX_SESSIONS) {
                channel.close();
                return;
            }
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ,
                    new ControlSession(channel, handler, System.nanoTime() + IDLE_LIMIT_NS));
        } catch (IOException e) {
            LOG.warn("control connection not accepted: {}", e.getMessage());
        }
    }

    private List<SelectionKey> sessions() {
        List<SelectionKey> sessions = new ArrayList<>();
        for (SelectionKey key : selector.keys()) {
            if (key.isValid() && key.attachment() != null) {
                sessions.add(key);
            }
        }
        return sessions;
    }

    private void closeLateSessions(long nowNs) {
        for (SelectionKey key : sessions()) {
            if (((ControlSession) key.attachment()).isLate(nowNs)) {
                close(key);
            }
        }
    }

    private void close(SelectionKey key) {
        key.cancel();
        try {
            ((ControlSession) key.attachment()).close();
        } catch (IOException e) {
            LOG.debug("control connection did not close cleanly", e);
        }
    }

    private void closeEverything() {
        sessions().forEach(this::close);
        try {
            selector.close();
            listener.close();
        } catch (IOException e) {
            LOG.debug("control socket did not close cleanly", e);
        }
    }
}
