package io.varve.daemon.transfer.qemu;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that serves a file on a socket, which lies in a directory that only we can enter. Neither outlives us: the
 * process is killed when this is closed and when our process ends in order; if we are killed, it ends by itself,
 * because its only client is gone. Socket and directory are deleted as soon as we are connected.
 *
 * <p>Owned by the thread that imports; the end of our own process kills it from another.
 */
final class Helper implements Closeable {

    private static final long START_LIMIT_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long LOOK_EVERY_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long END_LIMIT_MS = 2000;
    /** Bytes of what it says that are kept. */
    private static final int SAID_LENGTH = 4096;

    private final OtherFile file;
    private final Path directory;
    private final Path socket;
    private final Process process;
    private final Thread listener;
    private final Thread atExit = new Thread(this::stop, "varve-stop-helper");
    private final CountDownLatch closed = new CountDownLatch(1);
    private final byte[] said = new byte[SAID_LENGTH];
    private int saidLength;
    private volatile boolean stopping;

    /** @param command without the option that names the socket and the name of the file */
    static Helper start(List<String> command, OtherFile file) throws IOException {
        Path directory = Files.createTempDirectory("varve-import");
        boolean done = false;
        try {
            Helper helper = new Helper(command, file, directory);
            done = true;
            return helper;
        } finally {
            if (!done) {
                Files.delete(directory);
            }
        }
    }

    private Helper(List<String> command, OtherFile file, Path directory) throws IOException {
        this.file = file;
        this.directory = directory;
        this.socket = directory.resolve("nbd");
        List<String> words = new ArrayList<>(command);
        // Of an absolute path, no part is taken for a protocol.
        words.addAll(List.of("-k", socket.toString(), file.path().toAbsolutePath().toString()));
        this.process = QemuCommand.of(words).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        this.listener = new Thread(this::listen, "varve-helper-errors");
        listener.setDaemon(true);
        listener.start();
        try {
            Runtime.getRuntime().addShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // Our process ends already.
            process.destroyForcibly();
            throw new InterruptedIOException();
        }
    }

    long processId() {
        return process.pid();
    }

    /** Whether our process is about to end. */
    boolean isStopping() {
        return stopping;
    }

    /** Connects as soon as it listens; socket and directory are gone then. */
    SocketChannel connect() throws IOException {
        long startNs = System.nanoTime();
        while (true) {
            boolean running = process.isAlive();
            SocketChannel channel = connectedOrNull();
            if (channel != null) {
                deleteDirectory();
                return channel;
            }
            if (!running) {
                throw failure("", null);
            }
            if (System.nanoTime() - startNs > START_LIMIT_NS) {
                throw failure(
                        " within " + TimeUnit.NANOSECONDS.toSeconds(START_LIMIT_NS) + " s", null);
            }
            if (Thread.currentThread().isInterrupted() || stopping) {
                throw new InterruptedIOException();
            }
            LockSupport.parkNanos(LOOK_EVERY_NS);
        }
    }

    private SocketChannel connectedOrNull() throws IOException {
        if (!Files.exists(socket)) {
            return null;
        }
        try {
            return SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (ConnectException e) {
            // It is there, but not listened on yet.
            return null;
        }
    }

    /**
     * Its own words say most; if there are none, the cause's.
     *
     * @param where follows after "cannot be read"; may be empty
     */
    QemuException failure(String where, Throwable causeOrNull) {
        if (causeOrNull instanceof EOFException || causeOrNull == null) {
            // It has hung up, or ended: its last word may be on the way.
            await(process);
        }
        String reason = lastWord();
        if (reason.isEmpty()) {
            reason = causeOrNull == null ? "it gave no reason" : String.valueOf(causeOrNull.getMessage());
        }
        return QemuException.unreadable(file, where, reason, causeOrNull);
    }

    private String lastWord() {
        if (!process.isAlive()) {
            try {
                listener.join(END_LIMIT_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        String text;
        synchronized (said) {
            text = new String(said, 0, saidLength, StandardCharsets.UTF_8);
        }
        List<String> lines = text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        return lines.isEmpty() ? "" : withoutIntroduction(lines.get(lines.size() - 1));
    }

    /** The reason without the names of program and file, which stand before it. */
    private String withoutIntroduction(String line) {
        String quoted = "'" + file.path().toAbsolutePath() + "': ";
        int end = line.lastIndexOf(quoted);
        String rest = end < 0 ? line : line.substring(end + quoted.length());
        return rest.startsWith("qemu-nbd: ") ? rest.substring("qemu-nbd: ".length()) : rest;
    }

    private void listen() {
        byte[] bytes = new byte[SAID_LENGTH];
        try (InputStream in = process.getErrorStream()) {
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                synchronized (said) {
                    int kept = Math.min(saidLength, SAID_LENGTH - count);
                    System.arraycopy(said, saidLength - kept, said, 0, kept);
                    System.arraycopy(bytes, 0, said, kept, count);
                    saidLength = kept + count;
                }
            }
        } catch (IOException e) {
            // It has ended.
        }
    }

    /** Our process ends: its files go with it, and the import gets the time to delete its own. */
    private void stop() {
        stopping = true;
        try {
            kill();
            closed.await(END_LIMIT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException | IOException e) {
            // Nobody is left to be told.
        }
    }

    @Override
    public void close() throws IOException {
        try {
            kill();
        } finally {
            closed.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(atExit);
            } catch (IllegalStateException e) {
                // It is running.
            }
        }
    }

    private void kill() throws IOException {
        process.destroyForcibly();
        await(process);
        deleteDirectory();
    }

    /** Also where the thread was interrupted, which is why it ends. */
    private static void await(Process process) {
        long startNs = System.nanoTime();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended && System.nanoTime() - startNs < TimeUnit.MILLISECONDS.toNanos(END_LIMIT_MS)) {
            try {
                ended = process.waitFor(END_LIMIT_MS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void deleteDirectory() throws IOException {
        Files.deleteIfExists(socket);
        Files.deleteIfExists(directory);
    }
}
