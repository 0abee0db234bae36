package io.varve.nbd.negotiate;

import io.varve.nbd.wire.NbdProtocol;

/**
 * What one client may ask of a handshake. The memory of a handshake is at most {@code optionLength} plus twice
 * {@code replyLength}.
 *
 * @param optionCount  options of one connection; one more and it is closed
 * @param optionLength bytes of data of one option that are looked at; longer options are skipped and refused
 * @param skipLength   bytes of data of one option that are skipped; a longer one closes the connection at once
 * @param queryCount   queries of one LIST_META_CONTEXT or SET_META_CONTEXT
 * @param replyLength  bytes of the replies to one option, and of replies that nobody has taken yet
 *
 * <p>Immutable.
 */
public record NegotiationLimits(
        int optionCount, int optionLength, int skipLength, int queryCount, int replyLength) {

    /** Room for the longest legal name with several contexts, and for a LIST of about ten thousand exports. */
    public static final NegotiationLimits DEFAULT =
            new NegotiationLimits(1024, 64 * 1024, NbdProtocol.MAX_PAYLOAD_LENGTH, 64, 1024 * 1024);

    public NegotiationLimits {
        if (optionCount < 1 || queryCount < 1) {
            throw new IllegalArgumentException("at least one option and one query must be possible");
        }
        if (optionLength < 2 * NbdProtocol.MAX_STRING_LENGTH || replyLength < 4 * NbdProtocol.MAX_STRING_LENGTH) {
            throw new IllegalArgumentException("the longest legal name must fit into an option and its replies");
        }
        if (skipLength < optionLength) {
            throw new IllegalArgumentException("what is looked at must not be longer than what is skipped");
        }
    }
}
