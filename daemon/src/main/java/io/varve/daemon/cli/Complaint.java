package io.varve.daemon.cli;

import io.varve.daemon.store.NameException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

/**
 * A failure as one line for people: what, where, what to do.
 *
 * <p>Immutable.
 */
final class Complaint {

    private static final int MAX_LENGTH = 1000;

    private Complaint() {}

    static String line(Throwable failure) {
        String text = failure instanceof FileSystemException e ? fileProblem(e) : failure.getMessage();
        if (text == null || text.isBlank() || failure instanceof RuntimeException && !isMistake(failure)) {
            text = "unexpected " + failure.getClass().getSimpleName() + (text == null ? "" : " (" + text + ")")
                    + ": run it again with VARVE_DEBUG=1 and report what it shows";
        }
        return oneLine(text);
    }

    /** Without line ends and control characters, and not endless. */
    static String oneLine(String text) {
        String line = text.strip().replaceAll("\\s*[\\r\\n]+\\s*", " ").replaceAll("\\p{Cntrl}", "?");
        return line.length() > MAX_LENGTH ? line.substring(0, MAX_LENGTH) + "..." : line;
    }

    /** Whether it is something that our own code says about its input, and not a defect. */
    private static boolean isMistake(Throwable failure) {
        return failure instanceof NameException || failure instanceof UncheckedIOException;
    }

    private static String fileProblem(FileSystemException e) {
        String reason = e.getReason();
        if (e instanceof NoSuchFileException) {
            return "no such file: " + e.getFile() + (reason == null ? ": check the path" : ": " + reason);
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied: " + e.getFile() + ": run as a user who may use it";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "already exists: " + e.getFile() + (reason == null ? "" : ": " + reason);
        }
        return (reason == null ? e.getClass().getSimpleName() : reason.toLowerCase(Locale.ROOT)) + ": " + e.getFile();
    }
}
