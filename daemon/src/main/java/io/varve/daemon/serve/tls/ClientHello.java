package io.varve.daemon.serve.tls;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the first message of a client says about pre-shared keys (RFC 8446, 4.1.2 and 4.2.11). A look only: the one who
 * answers reads the message again, and judges it.
 *
 * <p>Immutable.
 *
 * @param cipherSuites of TLS 1.2 and 1.3, in the client's order
 * @param identities   of keys that it offers for TLS 1.3, tickets among them; bytes without an encoding
 */
record ClientHello(List<Integer> cipherSuites, List<byte[]> identities) {

    /** What no client of NBD says, and what is no such message. */
    private static final ClientHello OF_NOBODY = new ClientHello(List.of(), List.of());

    /** Bytes of the message; a real one has less than 2000. */
    private static final int MAX_LENGTH = 16 * 1024;
    private static final int RECORD_HEADER_LENGTH = 5;
    private static final int MESSAGE_HEADER_LENGTH = 4;
    private static final int HANDSHAKE_RECORD = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int VERSION_AND_RANDOM_LENGTH = 2 + 32;
    private static final int PRE_SHARED_KEY = 41;
    private static final int TICKET_AGE_LENGTH = 4;

    /**
     * @param records from the first byte that the client sent; stays where it is
     * @return empty if there is more to come; a message without keys if it is damaged, or none at all
     */
    static Optional<ClientHello> peek(ByteBuffer records) {
        ByteBuffer rest = records.duplicate();
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        while (rest.remaining() >= RECORD_HEADER_LENGTH) {
            int type = rest.get() & 0xff;
            rest.getShort();
            int length = rest.getShort() & 0xffff;
            if (type != HANDSHAKE_RECORD || length == 0 || message.size() + length > MAX_LENGTH) {
                return Optional.of(OF_NOBODY);
            }
            byte[] fragment = new byte[Math.min(length, rest.remaining())];
            rest.get(fragment);
            message.writeBytes(fragment);
            Optional<ClientHello> hello = read(ByteBuffer.wrap(message.toByteArray()));
            if (hello.isPresent()) {
                // What follows it is none of ours.
                return hello;
            }
        }
        return Optional.empty();
    }

    private static Optional<ClientHello> read(ByteBuffer message) {
        if (message.remaining() < MESSAGE_HEADER_LENGTH) {
            return Optional.empty();
        }
        int header = message.getInt();
        int length = header & 0xff_ffff;
        if (header >>> 24 != CLIENT_HELLO || length > MAX_LENGTH) {
            return Optional.of(OF_NOBODY);
        }
        if (message.remaining() < length) {
            return Optional.empty();
        }
        try {
            return Optional.of(parse(message.slice(message.position(), length)));
        } catch (BufferUnderflowException e) {
            return Optional.of(OF_NOBODY);
        }
    }

    private static ClientHello parse(ByteBuffer body) {
        skip(body, VERSION_AND_RANDOM_LENGTH);
        skip(body, body.get() & 0xff);
        List<Integer> suites = new ArrayList<>();
        for (ByteBuffer list = vector(body); list.hasRemaining();) {
            suites.add(list.getShort() & 0xffff);
        }
        skip(body, body.get() & 0xff);
        List<byte[]> identities = new ArrayList<>();
        if (body.hasRemaining()) {
            for (ByteBuffer extensions = vector(body); extensions.hasRemaining();) {
                int type = extensions.getShort() & 0xffff;
                ByteBuffer content = vector(extensions);
                if (type == PRE_SHARED_KEY) {
                    readIdentities(vector(content), identities);
                }
            }
        }
        return new ClientHello(List.copyOf(suites), List.copyOf(identities));
    }

    private static void readIdentities(ByteBuffer list, List<byte[]> identities) {
        while (list.hasRemaining()) {
            ByteBuffer identity = vector(list);
            byte[] bytes = new byte[identity.remaining()];
            identity.get(bytes);
            identities.add(bytes);
            skip(list, TICKET_AGE_LENGTH);
        }
    }

    /** A list of bytes, behind its length in two bytes. */
    private static ByteBuffer vector(ByteBuffer from) {
        int length = from.getShort() & 0xffff;
        int position = from.position();
        skip(from, length);
        return from.slice(position, length);
    }

    private static void skip(ByteBuffer from, int length) {
        if (length > from.remaining()) {
            throw new BufferUnderflowException();
        }
        from.position(from.position() + length);
    }
}
