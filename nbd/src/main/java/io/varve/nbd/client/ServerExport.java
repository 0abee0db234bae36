package io.varve.nbd.client;

import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_BLOCK_STATUS_PAYLOAD;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_HAS_FLAGS;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_SEND_DF;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_SEND_FAST_ZERO;
import static io.varve.nbd.wire.NbdProtocol.TRANSMIT_SEND_WRITE_ZEROES;

import io.varve.nbd.wire.ReplyStyle;

/**
 * An export, as its server describes it.
 *
 * @param name              canonical, if the server told one, else as asked for
 * @param description       for people; often empty
 * @param size              bytes
 * @param transmissionFlags {@code NbdProtocol.TRANSMIT_*}
 * @param blockSizes        as told, else the default ones
 *
 * <p>Immutable.
 */
public record ServerExport(
        String name, String description, long size, int transmissionFlags, BlockSizes blockSizes) {

    /** Whether all bits of {@code transmissionFlag} ({@code NbdProtocol.TRANSMIT_*}) are set. */
    public boolean has(int transmissionFlag) {
        return (transmissionFlags & transmissionFlag) == transmissionFlag;
    }

    /** Checks what a server must not say of an export, whatever the export is. */
    ServerExport verify(ReplyStyle replyStyle) throws ProtocolException {
        if (size < 0) {
            throw new ProtocolException("the export has " + Long.toUnsignedString(size) + " bytes");
        }
        if (!has(TRANSMIT_HAS_FLAGS)) {
            throw new ProtocolException("transmission flags without HAS_FLAGS: " + transmissionFlags);
        }
        if (has(TRANSMIT_SEND_DF) && replyStyle == ReplyStyle.SIMPLE) {
            throw new ProtocolException("SEND_DF without structured replies");
        }
        if (has(TRANSMIT_SEND_FAST_ZERO) && !has(TRANSMIT_SEND_WRITE_ZEROES)) {
            throw new ProtocolException("SEND_FAST_ZERO without SEND_WRITE_ZEROES");
        }
        if (has(TRANSMIT_BLOCK_STATUS_PAYLOAD) && replyStyle != ReplyStyle.EXTENDED) {
            throw new ProtocolException("BLOCK_STATUS_PAYLOAD without extended headers");
        }
        return this;
    }
}
