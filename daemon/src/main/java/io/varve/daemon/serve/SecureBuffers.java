package io.varve.daemon.serve;

import io.varve.daemon.serve.tls.SecureChannel;
import java.nio.ByteBuffer;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Room to encrypt and decrypt in, for all connections of an agent: nothing stays in it from one call to the next.
 *
 * <p>Owned by one agent.
 */
final class SecureBuffers {

    /** Plain bytes that are encrypted at once. */
    static final int PIECE_LENGTH = 128 * 1024;
    /** Records of a piece, or as many received bytes. */
    static final int WIRE_LENGTH = PIECE_LENGTH + 2 * SecureChannel.RECORD_LENGTH;

    /** Off the heap, for the socket. */
    final UnsafeBuffer wire = new UnsafeBuffer(BufferUtil.allocateDirectAligned(WIRE_LENGTH, 4096));

    final ByteBuffer records = ByteBuffer.allocate(WIRE_LENGTH);
    final ByteBuffer plain = ByteBuffer.allocate(WIRE_LENGTH + SecureChannel.RECORD_LENGTH);
}
