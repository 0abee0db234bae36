package io.varve.daemon.transfer.qemu;

import io.varve.daemon.io.Printable;
import java.io.IOException;

/** QEMU does not read the file, or must not. One line for people: file, why, what to do. */
public final class QemuException extends IOException {

    private static final long serialVersionUID = 1L;
    private static final int MAX_SHOWN_LENGTH = 500;

    QemuException(String message) {
        super(message);
    }

    QemuException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * A tool does not read the file.
     *
     * @param where  follows after "cannot be read"; may be empty
     * @param reason in the words of the tool, as they are; cut if they are many
     */
    static QemuException unreadable(OtherFile file, String where, String reason, Throwable causeOrNull) {
        return new QemuException(file.path() + " cannot be read through qemu-nbd (" + file.format().driver() + ")"
                + where + ": " + Printable.of(reason, MAX_SHOWN_LENGTH)
                + (file.said() ? "" : "; or say --format raw to import its bytes as they are"), causeOrNull);
    }
}
