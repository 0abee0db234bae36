package io.varve.daemon.serve.tls;

import io.varve.nbd.export.Peer;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The server's side of TLS on one connection: records in and out, plain bytes out and in. It knows no socket and keeps
 * no buffer that its owner could share; all buffers here are on the heap and belong to the caller.
 *
 * <p>Any {@link IOException} means that the peer broke the protocol, or is not who it must be: its message is for the
 * log, {@link #end} has the alert for the peer, and the connection is closed.
 *
 * <p>Owned by whoever has the connection: a worker during the handshake, an agent later.
 */
public interface SecureChannel {

    /** Room that {@link #encrypt}, {@link #handshake} and {@link #end} need for one record. */
    int RECORD_LENGTH = 18 * 1024;

    /**
     * Goes on with the handshake until more records are needed, {@code answer} is full or the handshake is over. May
     * compute for milliseconds. What is left in {@code records} is not a whole record, or the first of the data.
     *
     * @param answer at least {@link #RECORD_LENGTH} of room; call again if {@link #hasAnswer} says so
     */
    void handshake(ByteBuffer records, ByteBuffer answer) throws IOException;

    /** Whether the handshake is over and the peer is accepted. */
    boolean isEstablished();

    /**
     * Takes all whole records.
     *
     * @param plain room for as many bytes as {@code records} has, and {@link #RECORD_LENGTH} more
     */
    void decrypt(ByteBuffer records, ByteBuffer plain) throws IOException;

    /** Fills {@code records} with {@code plain}, as long as there is room for a record, and with answers of TLS. */
    void encrypt(ByteBuffer plain, ByteBuffer records) throws IOException;

    /** Whether TLS itself has something to say: call {@link #encrypt} or {@link #handshake}, maybe without data. */
    boolean hasAnswer();

    /** Whether the peer said that it sends no more. */
    boolean isEnded();

    /** Writes the farewell, close_notify or an alert; nothing if there is none. Never fails. */
    void end(ByteBuffer records);

    /** The peer with the names that it has proved: those of its certificate, or the user of its key. */
    Peer secured(Peer peer);
}
