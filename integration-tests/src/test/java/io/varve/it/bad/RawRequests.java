package io.varve.it.bad;

import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Requests as bytes, for clients that do not behave. Immutable. */
final class RawRequests {

    private static final int LENGTH = 28;

    private RawRequests() {}

    static ClientOptions options(String export) {
        return ClientOptions.structured(export);
    }

    static ByteBuffer request(int magic, int command, long offset, int length) {
        return ByteBuffer.allocate(LENGTH)
                .putInt(magic)
                .putShort((short) 0)
                .putShort((short) command)
                .putLong(7)
                .putLong(offset)
                .putInt(length)
                .flip();
    }

    /** @return whether the socket took all of it */
    static boolean send(SocketChannel channel, int command, long offset, int length) throws IOException {
        return channel.write(request(NbdProtocol.REQUEST_MAGIC, command, offset, length)) == LENGTH;
    }
}
