package io.varve.daemon.disk;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A reply slot that moves when it is parked, spoils what it left, and remembers how it ended. */
final class TestReply implements Reply {

    private static final byte SPOILED = (byte) 0xA5;

    private final Thread owner = Thread.currentThread();
    private final int length;
    private UnsafeBuffer buffer;
    private int index = 13;
    private boolean parked;
    private boolean done;
    private boolean zeroes;
    private NbdError error;
    private int file = BlockSource.NO_FILE;
    private long filePosition;

    /** @param length bytes of a READ's payload, else 0 */
    TestReply(int length) {
        this.length = length;
        buffer = Buffers.alignedDirect(index + length + 1);
        spoil(buffer);
    }

    private static void spoil(UnsafeBuffer any) {
        any.setMemory(0, any.capacity(), SPOILED);
    }

    @Override
    public MutableDirectBuffer buffer() {
        requireOpen();
        return buffer;
    }

    @Override
    public int bufferIndex() {
        requireOpen();
        return index;
    }

    @Override
    public void park() {
        requireOpen();
        if (!parked) {
            move(length, buffer, index);
        }
    }

    @Override
    public DirectBuffer parkWithPayload(DirectBuffer payload, int payloadIndex, int payloadLength) {
        requireOpen();
        if (parked) {
            throw new AssertionError("the payload of a parked request is gone");
        }
        move(payloadLength, payload, payloadIndex);
        return buffer;
    }

    private void move(int bytes, DirectBuffer from, int fromIndex) {
        parked = true;
        final UnsafeBuffer own = Buffers.alignedDirect(32 + bytes);
        own.putBytes(32, from, fromIndex, bytes);
        spoil(buffer);
        buffer = own;
        index = 32;
    }

    @Override
    public void complete() {
        finish();
    }

    @Override
    public void completeFrom(int newFile, long position) {
        file = newFile;
        filePosition = position;
        finish();
    }

    @Override
    public void completeZeroes() {
        zeroes = true;
        finish();
    }

    @Override
    public void fail(NbdError newError) {
        error = newError;
        finish();
    }

    private void finish() {
        requireOpen();
        done = true;
    }

    private void requireOpen() {
        if (Thread.currentThread() != owner) {
            throw new AssertionError("a reply is touched by " + Thread.currentThread());
        }
        if (done) {
            throw new AssertionError("a reply is touched after it was finished");
        }
    }

    /** That the reply may be sent from. */
    int file() {
        return file;
    }

    long filePosition() {
        return filePosition;
    }

    boolean parked() {
        return parked;
    }

    boolean done() {
        return done;
    }

    boolean zeroes() {
        return zeroes;
    }

    /** Null after success. */
    NbdError error() {
        return error;
    }

    byte[] payload() {
        final byte[] bytes = new byte[length];
        if (!zeroes) {
            buffer.getBytes(index, bytes);
        }
        return bytes;
    }
}
