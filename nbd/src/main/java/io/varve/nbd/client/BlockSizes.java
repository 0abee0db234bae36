package io.varve.nbd.client;

import io.varve.nbd.wire.BlockSizeFlyweight;
import io.varve.nbd.wire.NbdProtocol;

/**
 * What lengths and offsets a server takes, in bytes (proto.md, "Size constraints").
 *
 * @param minimum        offsets and lengths are multiples of it; a power of two, at most 65536
 * @param preferred      what is fast; a power of two, at least 512 and at least the minimum
 * @param maximumPayload of one request or reply; at least the preferred size, up to 2^32-1
 *
 * <p>Immutable.
 */
public record BlockSizes(long minimum, long preferred, long maximumPayload) {

    /** What holds for a server that says nothing. */
    public static final BlockSizes DEFAULT = new BlockSizes(1, 4096, NbdProtocol.MAX_PAYLOAD_LENGTH);

    private static final long LARGEST_MINIMUM = 65536;
    private static final long SMALLEST_PREFERRED = 512;

    static BlockSizes of(BlockSizeFlyweight message) throws ProtocolException {
        final BlockSizes sizes = new BlockSizes(message.minimum(), message.preferred(), message.maximumPayload());
        if (Long.bitCount(sizes.minimum) != 1
                || sizes.minimum > LARGEST_MINIMUM
                || Long.bitCount(sizes.preferred) != 1
                || sizes.preferred < Math.max(sizes.minimum, SMALLEST_PREFERRED)
                || sizes.maximumPayload < sizes.preferred) {
            throw new ProtocolException("impossible block sizes: " + sizes);
        }
        return sizes;
    }
}
