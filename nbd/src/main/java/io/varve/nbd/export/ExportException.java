package io.varve.nbd.export;

/** An export cannot be had. The message is one line for the client: what, and why. */
public final class ExportException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Kind kind;

    public ExportException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public ExportException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    /** Decides the option reply: ERR_UNKNOWN, ERR_POLICY, ERR_SHUTDOWN or, for FAILED, ERR_UNKNOWN after a log line. */
    public enum Kind {
        UNKNOWN,
        FORBIDDEN,
        SHUTTING_DOWN,
        FAILED
    }
}
