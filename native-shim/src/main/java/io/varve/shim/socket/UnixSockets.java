package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;
import io.varve.shim.file.NativeFile;
import io.varve.shim.libc.FileCalls;
import io.varve.shim.libc.Libc;
import io.varve.shim.libc.NativeMemory;
import io.varve.shim.libc.SocketCalls;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.channels.Channel;
import java.nio.channels.SelectableChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import jnr.unixsocket.UnixServerSocketChannel;
import jnr.unixsocket.UnixSocketAddress;
import jnr.unixsocket.UnixSocketChannel;

/**
 * Unix sockets: jnr-unixsocket makes, binds and connects them, our calls use the descriptor.
 *
 * <p>Design note: jnr-unixsocket turns an errno into text or drops it, so the errno is taken from the thread, where
 * its failed call left it, before we call anything else; strerror, which it may have called since, leaves it alone.
 *
 * <p>Thread-safe because it has no state.
 */
final class UnixSockets {

    /** sys/un.h: sun_path has 108 bytes, one of them for the NUL. */
    static final int MAX_PATH_LENGTH = 107;

    private static final SocketCalls LIBC = Libc.sockets();
    private static final int SOCKADDR_LENGTH = 110;
    private static final int SOCKADDR_PATH_OFFSET = 2;
    /** Of the kernel's queue of clients not accepted yet; it caps at net.core.somaxconn. */
    private static final int BACKLOG = 4096;

    /** linux/stat.h. */
    private static final int S_IFMT = 0xF000;
    /** linux/stat.h. */
    private static final int S_IFSOCK = 0xC000;

    private UnixSockets() {}

    /** Loads what all of this needs, so that no later call waits for it. */
    static void prepare() throws NativeException {
        closeQuietly(open(UnixSocketChannel::create));
    }

    static Connection connect(Path path) throws NativeException {
        checkLength("connect", path);
        UnixSocketChannel channel = open(UnixSocketChannel::create);
        try {
            connect(channel, path);
            return connection(channel);
        } catch (NativeException | RuntimeException e) {
            closeQuietly(channel);
            throw e;
        }
    }

    private static void connect(UnixSocketChannel channel, Path path) throws NativeException {
        UnixSocketAddress address = new UnixSocketAddress(path.toString());
        while (true) {
            try {
                channel.connect(address);
                return;
            } catch (IOException e) {
                int errno = Libc.errno();
                if (errno != Errno.EINTR) {
                    throw new NativeException("connect", errno,
                            "cannot connect to " + uri(path) + ": " + Errno.describe(errno));
                }
            }
        }
    }

    /** @param channel becomes the connection's own, unless this throws */
    static Connection connection(UnixSocketChannel channel) throws NativeException {
        int fd = channel.getFD();
        configure(channel, fd);
        PeerCredentials peer = PeerCredentials.of(fd);
        return new Connection(fd, channel, peer.toString(), "", peer.uid());
    }

    static Listener listen(Path path) throws IOException {
        checkLength("bind", path);
        UnixServerSocketChannel channel = open(UnixServerSocketChannel::open);
        try {
            bind(channel, path);
            configure(channel, channel.getFD());
            return new UnixListener(channel, path, uri(path));
        } catch (IOException | RuntimeException e) {
            closeQuietly(channel);
            throw e;
        }
    }

    /**
     * Holds a lock on the directory, so that of two servers that start at once the second neither takes the first's
     * socket, bound but not listening yet, for that of a dead server, nor removes it.
     */
    private static void bind(UnixServerSocketChannel channel, Path path) throws IOException {
        int directory = openDirectory(path);
        try {
            while (Libc.files().flock(directory, FileCalls.LOCK_EX) < 0) {
                if (Libc.errno() != Errno.EINTR) {
                    throw NativeException.last("flock");
                }
            }
            int errno = tryBind(channel, path);
            if (errno == Errno.EADDRINUSE) {
                refuseIfInUse(path);
                Files.deleteIfExists(path);
                errno = tryBind(channel, path);
            }
            if (errno != 0) {
                throw new NativeException("bind", errno, "cannot listen on " + uri(path) + ": "
                        + Errno.describe(errno));
            }
        } finally {
            NativeFile.close(directory);
        }
    }

    /** @return 0, or the errno of bind or listen */
    private static int openDirectory(Path path) throws NativeException {
        try {
            return NativeFile.open(path.toAbsolutePath().getParent().toString(), NativeFile.O_RDONLY, 0);
        } catch (NativeException e) {
            throw new NativeException("open", e.errno(), "cannot listen on " + uri(path)
                    + ": its directory cannot be opened: " + Errno.describe(e.errno()));
        }
    }

    private static int tryBind(UnixServerSocketChannel channel, Path path) {
        try {
            channel.socket().bind(new UnixSocketAddress(path.toString()), BACKLOG);
            return 0;
        } catch (IOException e) {
            return Libc.errno();
        }
    }

    /** Returns if the file is the socket of a server that is dead: one that refuses a connection. */
    private static void refuseIfInUse(Path path) throws IOException {
        int errno = probe(path);
        String obstacle = switch (errno) {
            // The kernel says so for a plain file and a dangling link too, which are not ours to delete.
            case Errno.ECONNREFUSED, Errno.ENOENT -> isSocketOrGone(path) ? null : "a file is in the way; remove it";
            // EAGAIN: its queue of waiting clients is full. EPROTOTYPE: it takes datagrams.
            case 0, Errno.EAGAIN, Errno.EPROTOTYPE -> "a running server answers there; stop it";
            default -> "cannot tell whether a server answers there, " + Errno.describe(errno) + "; remove the file";
        };
        if (obstacle != null) {
            throw new NativeException("bind", Errno.EADDRINUSE,
                    "cannot listen on " + uri(path) + ": " + obstacle + ", or listen somewhere else (EADDRINUSE)");
        }
    }

    /** @return 0 if a server answers, or the errno of the attempt */
    private static int probe(Path path) throws NativeException {
        int fd = LIBC.socket(SocketCalls.AF_UNIX,
                SocketCalls.SOCK_STREAM | SocketCalls.SOCK_NONBLOCK | SocketCalls.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw NativeException.last("socket");
        }
        NativeMemory address = address(path);
        int errno = LIBC.connect(fd, address.address(), SOCKADDR_LENGTH) == 0 ? 0 : Libc.errno();
        Reference.reachabilityFence(address);
        NativeFile.close(fd);
        return errno;
    }

    private static boolean isSocketOrGone(Path path) throws IOException {
        try {
            return ((int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & S_IFMT) == S_IFSOCK;
        } catch (NoSuchFileException e) {
            return true;
        }
    }

    private static NativeMemory address(Path path) {
        NativeMemory memory = NativeMemory.allocate(SOCKADDR_LENGTH);
        memory.buffer().putShort(0, (short) SocketCalls.AF_UNIX);
        memory.buffer().put(SOCKADDR_PATH_OFFSET, NativeMemory.pathBytes(path.toString()));
        return memory;
    }

    private static void configure(SelectableChannel channel, int fd) throws NativeException {
        try {
            channel.configureBlocking(false);
        } catch (IOException e) {
            throw NativeException.last("fcntl");
        }
        if (LIBC.fcntl(fd, SocketCalls.F_SETFD, SocketCalls.FD_CLOEXEC) < 0) {
            throw NativeException.last("fcntl");
        }
    }

    private static void checkLength(String call, Path path) throws NativeException {
        int length = NativeMemory.pathBytes(path.toString()).length;
        if (length == 0 || length > MAX_PATH_LENGTH) {
            throw new NativeException(call, Errno.ENAMETOOLONG, "a unix socket path has 1 to " + MAX_PATH_LENGTH
                    + " bytes, this one has " + length + ": " + path + "; choose a shorter one");
        }
    }

    static String uri(Path path) {
        return "unix://" + path.toAbsolutePath();
    }

    static void closeQuietly(Channel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // A failure is being reported already, and the descriptor is released whatever close(2) answers.
            return;
        }
    }

    private static <T> T open(ChannelFactory<T> factory) throws NativeException {
        try {
            return factory.open();
        } catch (IOException e) {
            throw NativeException.last("socket");
        }
    }

    @FunctionalInterface
    private interface ChannelFactory<T> {
        T open() throws IOException;
    }
}
