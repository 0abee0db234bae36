package io.varve.nbd.client;

import static io.varve.nbd.wire.NbdProtocol.CMD_BLOCK_STATUS;
import static io.varve.nbd.wire.NbdProtocol.CMD_CACHE;
import static io.varve.nbd.wire.NbdProtocol.CMD_DISC;
import static io.varve.nbd.wire.NbdProtocol.CMD_FLUSH;
import static io.varve.nbd.wire.NbdProtocol.CMD_READ;
import static io.varve.nbd.wire.NbdProtocol.CMD_TRIM;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE;
import static io.varve.nbd.wire.NbdProtocol.CMD_WRITE_ZEROES;

/**
 * A request as it was sent.
 *
 * @param cookie  unique among the requests of a connection
 * @param command {@code NbdProtocol.CMD_*}
 * @param flags   {@code NbdProtocol.CMD_FLAG_*}
 * @param offset  byte in the export; unsigned
 * @param length  bytes; 0 to 2^32-1, with extended headers to 2^63-1
 *
 * <p>Immutable.
 */
public record Request(long cookie, int command, int flags, long offset, long length) {

    public boolean has(int commandFlag) {
        return (flags & commandFlag) != 0;
    }

    @Override
    public String toString() {
        return name(command) + " of " + length + " bytes at " + Long.toUnsignedString(offset);
    }

    private static String name(int command) {
        return switch (command) {
            case CMD_READ -> "READ";
            case CMD_WRITE -> "WRITE";
            case CMD_DISC -> "DISC";
            case CMD_FLUSH -> "FLUSH";
            case CMD_TRIM -> "TRIM";
            case CMD_CACHE -> "CACHE";
            case CMD_WRITE_ZEROES -> "WRITE_ZEROES";
            case CMD_BLOCK_STATUS -> "BLOCK_STATUS";
            default -> "command " + command;
        };
    }
}
