package io.varve.nbd.negotiate;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.nbd.wire.BlockSizeFlyweight;
import io.varve.nbd.wire.ExportSizeFlyweight;
import io.varve.nbd.wire.GreetingFlyweight;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.OptionReplyFlyweight;
import io.varve.nbd.wire.WireString;
import java.util.Arrays;
import org.agrona.ExpandableArrayBuffer;

/**
 * What the server says, until somebody takes it.
 *
 * <p>Owned by the thread that drives the handshake.
 */
final class HandshakeOutput {

    private static final int INITIAL_LENGTH = 256;
    private static final byte[] NOTHING = {};

    private ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(INITIAL_LENGTH);
    private int length;
    /** The option that is being answered; every reply echoes it. */
    private int option;

    /** Bytes that nobody has taken yet. */
    int length() {
        return length;
    }

    byte[] take() {
        if (length == 0) {
            return NOTHING;
        }
        final byte[] taken = Arrays.copyOf(buffer.byteArray(), length);
        length = 0;
        if (buffer.capacity() > NbdProtocol.MAX_STRING_LENGTH) {
            // A long LIST must not stay with a connection that may haggle for long.
            buffer = new ExpandableArrayBuffer(INITIAL_LENGTH);
        }
        return taken;
    }

    void greeting(int handshakeFlags) {
        GreetingFlyweight.encode(buffer, length, handshakeFlags);
        length += GreetingFlyweight.LENGTH;
    }

    /** The answer to EXPORT_NAME, which alone has no reply header. */
    void exportNameAnswer(long size, int transmissionFlags, int paddingLength) {
        exportSize(size, transmissionFlags);
        buffer.setMemory(length, paddingLength, (byte) 0);
        length += paddingLength;
    }

    void answering(int option) {
        this.option = option;
    }

    void ack() {
        header(NbdProtocol.REP_ACK, 0);
    }

    void error(int replyType, String message) {
        final byte[] text = WireString.encodeDisplayable(message);
        header(replyType, text.length);
        append(text);
    }

    void server(byte[] name, byte[] description) {
        header(NbdProtocol.REP_SERVER, Integer.BYTES + name.length + description.length);
        appendInt(name.length);
        append(name);
        append(description);
    }

    void infoExport(long size, int transmissionFlags) {
        info(NbdProtocol.INFO_EXPORT, ExportSizeFlyweight.LENGTH);
        exportSize(size, transmissionFlags);
    }

    void infoBlockSize(int minimum, int preferred, int maximumPayload) {
        info(NbdProtocol.INFO_BLOCK_SIZE, BlockSizeFlyweight.LENGTH);
        BlockSizeFlyweight.encode(buffer, length, minimum, preferred, maximumPayload);
        length += BlockSizeFlyweight.LENGTH;
    }

    void infoName(String name) {
        final byte[] bytes = name.getBytes(UTF_8);
        info(NbdProtocol.INFO_NAME, bytes.length);
        append(bytes);
    }

    void infoDescription(String description) {
        final byte[] bytes = WireString.encodeDisplayable(description);
        info(NbdProtocol.INFO_DESCRIPTION, bytes.length);
        append(bytes);
    }

    void metaContext(int wireId, String name) {
        final byte[] bytes = name.getBytes(UTF_8);
        header(NbdProtocol.REP_META_CONTEXT, Integer.BYTES + bytes.length);
        appendInt(wireId);
        append(bytes);
    }

    private void exportSize(long size, int transmissionFlags) {
        ExportSizeFlyweight.encode(buffer, length, size, transmissionFlags);
        length += ExportSizeFlyweight.LENGTH;
    }

    private void info(int infoType, int dataLength) {
        header(NbdProtocol.REP_INFO, Short.BYTES + dataLength);
        buffer.putShort(length, (short) infoType, BIG_ENDIAN);
        length += Short.BYTES;
    }

    private void header(int replyType, int dataLength) {
        OptionReplyFlyweight.encode(buffer, length, option, replyType, dataLength);
        length += OptionReplyFlyweight.HEADER_LENGTH;
    }

    private void appendInt(int value) {
        buffer.putInt(length, value, BIG_ENDIAN);
        length += Integer.BYTES;
    }

    private void append(byte[] bytes) {
        buffer.putBytes(length, bytes);
        length += bytes.length;
    }
}
