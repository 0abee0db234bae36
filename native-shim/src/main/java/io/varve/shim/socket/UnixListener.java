package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.libc.Libc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import jnr.unixsocket.UnixServerSocketChannel;
import jnr.unixsocket.UnixSocketChannel;

/** A bound unix socket and its file. Owned by the thread that accepts. */
final class UnixListener implements Listener {

    private final UnixServerSocketChannel channel;
    private final Path path;
    private final String address;
    private final Object fileKey;
    private boolean closed;

    UnixListener(UnixServerSocketChannel channel, Path path, String address) throws IOException {
        this.channel = channel;
        this.path = path;
        this.address = address;
        this.fileKey = fileKey(path);
    }

    @Override
    public int fd() {
        if (closed || !channel.isOpen()) {
            throw new IllegalStateException("listener on " + address + " is closed");
        }
        return channel.getFD();
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public int port() {
        return -1;
    }

    @Override
    public Connection accept() throws NativeException {
        while (true) {
            UnixSocketChannel client = acceptChannel();
            if (client != null) {
                try {
                    return UnixSockets.connection(client);
                } catch (NativeException | RuntimeException e) {
                    UnixSockets.closeQuietly(client);
                    throw e;
                }
            }
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN) {
                return null;
            }
            if (errno != Errno.EINTR && errno != Errno.ECONNABORTED) {
                throw new NativeException("accept", errno);
            }
        }
    }

    /** A non-blocking channel answers null to every failure, and leaves its errno. An interrupt closes it. */
    private UnixSocketChannel acceptChannel() {
        // A closed channel would accept from whatever listener has its descriptor number now.
        fd();
        try {
            return channel.accept();
        } catch (IOException e) {
            throw new IllegalStateException("listener on " + address + " is closed", e);
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            // While the socket is bound: until then no successor's file can have the same inode number.
            if (fileKey.equals(fileKey(path))) {
                Files.delete(path);
            }
        } catch (IOException e) {
            // Gone already, or not ours to remove: the next server finds a refused connection and replaces it.
            return;
        } finally {
            UnixSockets.closeQuietly(channel);
        }
    }

    private static Object fileKey(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
    }
}
