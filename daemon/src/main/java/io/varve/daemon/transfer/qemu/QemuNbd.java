package io.varve.daemon.transfer.qemu;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.NbdClient;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Reads formats that are not read here through QEMU's tool, if it is installed.
 *
 * <p>Immutable.
 */
public final class QemuNbd {

    private static final String PROGRAM = "qemu-nbd";
    private static final String CHECKER = "qemu-img";
    /** The one that it listens on, and the one that we are connected to. */
    private static final int SOCKET_COUNT = 2;

    private final String searchPath;
    private final Consumer<String> notices;

    /**
     * @param searchPath directories of programs, as {@code PATH} names them
     * @param notices    hear in one line through what a file is read, once it can be
     */
    public QemuNbd(String searchPath, Consumer<String> notices) {
        this.searchPath = searchPath;
        this.notices = notices;
    }

    /** For those who do not want other programs to be run. */
    public static QemuNbd none() {
        return new QemuNbd("", line -> { });
    }

    /**
     * Starts to read a file; the caller closes the image, and with it what was started.
     *
     * @throws QemuException if it is not installed, cannot read the file, or wants to read others
     */
    public ForeignImage open(FileSpace space, OtherFile file) throws IOException {
        Path program = program(PROGRAM).orElseThrow(() -> new QemuException(file.path()
                + " can be read only through QEMU's " + PROGRAM + " (" + file.format().driver()
                + "), which is not installed: install it (Debian: apt install qemu-utils), or say --format raw to "
                + "import its bytes as they are"));
        BlockFile open = space.open(file.path(), OpenMode.READ);
        boolean done = false;
        try {
            file.requireAlone(open);
            // Without -t it serves one client, and ends when that is gone.
            List<String> command = List.of(program.toString(), "-r", "-f", file.format().driver());
            ForeignImage image = serve(open, file, Helper.start(command, file));
            notices.accept("reading " + file.path() + " through " + PROGRAM + " (" + file.format().driver() + ")");
            done = true;
            return image;
        } finally {
            if (!done) {
                open.close();
            }
        }
    }

    private ForeignImage serve(BlockFile open, OtherFile file, Helper helper) throws IOException {
        NbdClient client = null;
        boolean done = false;
        try {
            String key = OpenFiles.key(file.path());
            SocketChannel channel = helper.connect();
            try {
                client = NbdClient.connect(channel, ClientOptions.extended(""));
            } catch (IOException e) {
                throw e instanceof ClosedByInterruptException || helper.isStopping()
                        ? new InterruptedIOException()
                        : helper.failure("", e);
            }
            requireAllowed(openFiles(helper), file, key);
            ForeignImage image = new ServedImage(open, client, helper,
                    program(CHECKER).map(checker -> new QemuCheck(checker, file)));
            done = true;
            return image;
        } finally {
            if (!done) {
                try (helper) {
                    if (client != null) {
                        client.close();
                    }
                }
            }
        }
    }

    private static OpenFiles openFiles(Helper helper) throws IOException {
        try {
            return OpenFiles.of(helper.processId());
        } catch (IOException e) {
            throw helper.failure(", which does not show what it reads", e);
        }
    }

    /**
     * Not what the file names counts, but what has been opened: whoever may write to the file cannot change that any
     * more.
     */
    static void requireAllowed(OpenFiles found, OtherFile file, String key) throws IOException {
        if (!found.keys().contains(key)) {
            throw new QemuException(file.path() + " was replaced, or " + PROGRAM + " is not QEMU's own: import again");
        }
        List<Path> allowed = Stream.concat(
                        Stream.of(file.path().toRealPath().getParent()), file.directories().stream())
                .toList();
        for (int i = 0; i < found.files().size(); i++) {
            Path other = found.files().get(i);
            if (found.keys().get(i).equals(key)) {
                continue;
            }
            if (!file.said()) {
                throw new QemuException(file.path() + " looks like " + file.format().description() + " that needs "
                        + other + ", which the content of a raw disk can look like too: say --format "
                        + file.format().driver() + " if it is one, --format raw if it is a disk");
            }
            if (!isBelow(other, allowed)) {
                throw new QemuException(file.path() + " needs " + other + ", which lies outside of the directories "
                        + "that may be used: allow it with --parent-dir DIR");
            }
        }
        if (found.socketCount() > SOCKET_COUNT) {
            throw new QemuException(file.path() + " needs another machine, which is not asked: bring its files here");
        }
    }

    private static boolean isBelow(Path file, List<Path> directories) throws IOException {
        for (Path directory : directories) {
            if (file.startsWith(directory.toRealPath())) {
                return true;
            }
        }
        return false;
    }

    private Optional<Path> program(String name) {
        return Stream.of(searchPath.split(File.pathSeparator))
                .filter(directory -> directory.startsWith("/"))
                .map(directory -> Path.of(directory, name))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }
}
