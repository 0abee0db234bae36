package io.varve.nbd.fuzz;

/** Sets of error values, as bits (proto.md, "Error values"). Immutable. */
final class Errors {

    static final int NONE = 0;
    static final int EPERM = 1;
    static final int EIO = 1 << 1;
    static final int ENOMEM = 1 << 2;
    static final int EINVAL = 1 << 3;
    static final int ENOSPC = 1 << 4;
    static final int EOVERFLOW = 1 << 5;
    static final int ENOTSUP = 1 << 6;
    static final int ESHUTDOWN = 1 << 7;

    private Errors() {}

    /** @return the set of one; {@link #NONE} for a number that the protocol does not have */
    static int ofWire(int number) {
        return switch (number) {
            case 1 -> EPERM;
            case 5 -> EIO;
            case 12 -> ENOMEM;
            case 22 -> EINVAL;
            case 28 -> ENOSPC;
            case 75 -> EOVERFLOW;
            case 95 -> ENOTSUP;
            case 108 -> ESHUTDOWN;
            default -> NONE;
        };
    }
}
