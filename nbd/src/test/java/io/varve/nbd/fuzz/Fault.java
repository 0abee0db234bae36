package io.varve.nbd.fuzz;

/** The server did what no server may do. The message says what, and where. */
final class Fault extends AssertionError {

    private static final long serialVersionUID = 1L;

    Fault(String message) {
        super(message);
    }

    // Texts are put together only when they are needed: millions of times they are not.

    static void require(boolean holds, String what) {
        if (!holds) {
            throw new Fault(what);
        }
    }

    /** @param what with {@code @} where the subject goes */
    static void require(boolean holds, String what, Object subject) {
        if (!holds) {
            throw new Fault(what.replaceFirst("@", String.valueOf(subject)));
        }
    }

    static void require(boolean holds, String what, long value) {
        if (!holds) {
            throw new Fault(what.replaceFirst("@", Long.toString(value)));
        }
    }

    static void require(boolean holds, String what, long value, Object subject) {
        if (!holds) {
            throw new Fault(what.replaceFirst("@", Long.toString(value)).replaceFirst("@", String.valueOf(subject)));
        }
    }

    static void require(boolean holds, String what, long first, long second) {
        if (!holds) {
            throw new Fault(what.replaceFirst("@", Long.toString(first)).replaceFirst("@", Long.toString(second)));
        }
    }

    static void require(boolean holds, String what, long first, long second, Object subject) {
        if (!holds) {
            require(false, what.replaceFirst("@", Long.toString(first)), second, subject);
        }
    }
}
