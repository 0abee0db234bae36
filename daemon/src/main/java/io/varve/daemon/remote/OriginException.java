package io.varve.daemon.remote;

import java.io.IOException;

/** Bytes of an origin are not to be had. The message names the origin, the range, and the cause. */
public final class OriginException extends IOException {

    private static final long serialVersionUID = 1;

    private final Kind kind;
    private final long retryAfterMs;

    /** What asking again would do. */
    public enum Kind {
        /** Not answered, cut short, an error of the server: may work next time, or elsewhere. */
        UNAVAILABLE,
        /** The server asks to be left alone for a while: {@link #retryAfterMs}. */
        BUSY,
        /** The server will say the same again: not found, not allowed, no ranges. */
        REFUSED,
        /** It is another disk than it was when it was opened. */
        CHANGED,
        /** The bytes are not those that the manifest says. */
        WRONG
    }

    public OriginException(Kind kind, String message, Throwable cause) {
        this(kind, message, 0, cause);
    }

    /** @param retryAfterMs milliseconds; 0 if the server did not say */
    public OriginException(Kind kind, String message, long retryAfterMs, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.retryAfterMs = retryAfterMs;
    }

    public Kind kind() {
        return kind;
    }

    public long retryAfterMs() {
        return retryAfterMs;
    }
}
