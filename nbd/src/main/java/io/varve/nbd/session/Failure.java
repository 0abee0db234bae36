package io.varve.nbd.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.nbd.export.NbdError;

/**
 * Why a request is not done: the error value, and a text for the person at the client, where the style of replies has
 * room for one. Constants, so that a refusal costs no memory.
 *
 * <p>Immutable.
 */
enum Failure {
    READ_ONLY(NbdError.EPERM, "the export is read-only"),
    NO_COMMAND(NbdError.EINVAL, "the export does not offer this command"),
    NO_CONTEXTS(NbdError.EINVAL, "no metadata context was selected for this export"),
    WRONG_CONTEXTS(NbdError.EINVAL, "the payload must be a length and ids that were selected, each once"),
    BAD_FLAGS(NbdError.EINVAL, "a flag that this command does not take here"),
    BEYOND_END(NbdError.EINVAL, "beyond the end of the export"),
    NO_ROOM_BEYOND_END(NbdError.ENOSPC, "beyond the end of the export"),
    EMPTY(NbdError.EINVAL, "a length of 0 bytes"),
    LONG_READ(NbdError.EOVERFLOW, "longer than the maximum payload of 32 MiB"),
    LONG_WRITE(NbdError.EINVAL, "longer than the maximum payload of 32 MiB"),
    STOPPING(NbdError.ESHUTDOWN, "the server is stopping"),

    // What an export answers
    EPERM(NbdError.EPERM, "not allowed"),
    EIO(NbdError.EIO, "the server could not read or write its storage; its log tells why"),
    ENOMEM(NbdError.ENOMEM, "the server has not enough memory"),
    EINVAL(NbdError.EINVAL, "not possible on this export"),
    ENOSPC(NbdError.ENOSPC, "the storage of the export, or its quota, is full"),
    EOVERFLOW(NbdError.EOVERFLOW, "too long"),
    ENOTSUP(NbdError.ENOTSUP, "not faster than writing"),
    ESHUTDOWN(NbdError.ESHUTDOWN, "the server is stopping");

    /** Bytes of the longest text. */
    static final int MAX_TEXT_LENGTH = 80;

    private final NbdError error;
    private final byte[] text;

    Failure(NbdError error, String text) {
        this.error = error;
        this.text = text.getBytes(UTF_8);
    }

    /** The one for which nothing more is known. */
    static Failure of(NbdError error) {
        return switch (error) {
            case EPERM -> EPERM;
            case EIO -> EIO;
            case ENOMEM -> ENOMEM;
            case EINVAL -> EINVAL;
            case ENOSPC -> ENOSPC;
            case EOVERFLOW -> EOVERFLOW;
            case ENOTSUP -> ENOTSUP;
            case ESHUTDOWN -> ESHUTDOWN;
        };
    }

    NbdError error() {
        return error;
    }

    /** UTF-8; nobody changes it. */
    byte[] text() {
        return text;
    }
}
