package io.varve.nbd.client;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The two directions of one connection, blocking. Whoever asks for bytes has checked how many are reasonable.
 *
 * <p>Owned by the thread that uses the client.
 */
final class ServerConnection implements AutoCloseable {

    private static final int BUFFER_LENGTH = 64 * 1024;

    private final ReadableByteChannel inChannel;
    private final WritableByteChannel outChannel;
    private final InputStream in;
    private final OutputStream out;

    /** Both channels must be in blocking mode; both are closed by {@link #close()}. */
    ServerConnection(ReadableByteChannel inChannel, WritableByteChannel outChannel) {
        this.inChannel = inChannel;
        this.outChannel = outChannel;
        this.in = new BufferedInputStream(Channels.newInputStream(inChannel), BUFFER_LENGTH);
        this.out = new BufferedOutputStream(Channels.newOutputStream(outChannel), BUFFER_LENGTH);
    }

    void send(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    void flush() throws IOException {
        out.flush();
    }

    /** @throws EOFException if the server closes first; it names {@code what} was awaited */
    DirectBuffer receive(int length, String what) throws IOException {
        final byte[] bytes = new byte[length];
        receive(bytes, 0, length, what);
        return new UnsafeBuffer(bytes);
    }

    void receive(byte[] target, int index, int length, String what) throws IOException {
        final int received = in.readNBytes(target, index, length);
        if (received < length) {
            throw new EOFException("the server closed the connection after " + received + " of " + length
                    + " bytes of " + what);
        }
    }

    /** Waits for the server to close. */
    void expectEnd() throws IOException {
        if (in.read() >= 0) {
            throw new ProtocolException("the server goes on after the end");
        }
    }

    @Override
    public void close() throws IOException {
        try {
            inChannel.close();
        } finally {
            outChannel.close();
        }
    }
}
