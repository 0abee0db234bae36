package io.varve.daemon.store;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportOwner;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.export.Reply;
import java.nio.ByteBuffer;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** One thread that serves exports, and asks them one thing at a time. */
final class TestAgent implements ExportOwner, AutoCloseable {

    private static final int LIMIT_SECONDS = 30;

    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    void attach(Export export) throws Exception {
        call(() -> {
            export.attach(this);
            return null;
        });
    }

    byte[] read(Export export, long offset, int length) throws Exception {
        OneReply reply = new OneReply(length);
        ask(reply, r -> export.read(offset, length, 0, r));
        byte[] content = new byte[length];
        reply.buffer.getBytes(0, content);
        return content;
    }

    void write(Export export, long offset, byte[] content) throws Exception {
        UnsafeBuffer payload = new UnsafeBuffer(ByteBuffer.allocateDirect(content.length));
        payload.putBytes(0, content);
        ask(new OneReply(content.length), r -> export.write(offset, content.length, 0, payload, 0, r));
    }

    void zero(Export export, long offset, long length) throws Exception {
        ask(new OneReply(1), r -> export.writeZeroes(offset, length, 0, r));
    }

    void flush(Export export) throws Exception {
        ask(new OneReply(1), export::flush);
    }

    /** The connection is gone. */
    void close(Export export) throws Exception {
        call(() -> {
            export.close();
            return null;
        });
    }

    private void ask(OneReply reply, Consumer<Reply> question) throws Exception {
        thread.execute(() -> question.accept(reply));
        NbdError error = reply.done.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        if (error != null) {
            throw new AssertionError("answered " + error);
        }
    }

    private <T> T call(Callable<T> task) throws Exception {
        return thread.submit(task).get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void post(Runnable task) {
        thread.execute(task);
    }

    @Override
    public long nowNs() {
        return System.nanoTime();
    }

    @Override
    public void close() {
        thread.shutdown();
    }

    private static final class OneReply implements Reply {

        private final CompletableFuture<NbdError> done = new CompletableFuture<>();
        private final UnsafeBuffer buffer;

        OneReply(int length) {
            buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
        }

        @Override
        public MutableDirectBuffer buffer() {
            return buffer;
        }

        @Override
        public int bufferIndex() {
            return 0;
        }

        @Override
        public void park() {}

        @Override
        public DirectBuffer parkWithPayload(DirectBuffer payload, int payloadIndex, int length) {
            buffer.putBytes(0, payload, payloadIndex, length);
            return buffer;
        }

        @Override
        public void complete() {
            done.complete(null);
        }

        @Override
        public void completeZeroes() {
            buffer.setMemory(0, buffer.capacity(), (byte) 0);
            done.complete(null);
        }

        @Override
        public void fail(NbdError error) {
            done.complete(error);
        }
    }
}
