package io.varve.daemon.transfer.qemu;

import java.io.IOException;

/** QEMU does not read the file, or must not. One line for people: file, why, what to do. */
public final class QemuException extends IOException {

    private static final long serialVersionUID = 1L;

    QemuException(String message) {
        super(message);
    }

    QemuException(String message, Throwable cause) {
        super(message, cause);
    }
}
