package io.varve.perf.micro;

import io.varve.nbd.negotiate.Negotiated;
import io.varve.nbd.session.Outlet;
import io.varve.nbd.session.Session;
import io.varve.nbd.session.SlotPool;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import io.varve.nbd.wire.RequestFlyweight;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A batch of 32 READ requests of 4 KiB, from received bytes to replies handed to the socket, with an export that
 * answers at once and a socket that takes everything. The time is that of one request.
 *
 * <p>Owned by JMH's thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RequestParsingBenchmark {

    private static final long SEED = 32;
    private static final int REQUEST_COUNT = 32;
    private static final int READ_LENGTH = 4096;
    private static final long DISK_SIZE = 1L << 30;
    private static final int RECEIVE_LENGTH = 256 * 1024;
    private static final int POOL_LENGTH = 2 * 1024 * 1024;

    @Param({"SIMPLE", "STRUCTURED"})
    public ReplyStyle replyStyle;

    private final Socket socket = new Socket();
    private Session session;

    @Setup
    public void receive() {
        SlotPool pool = new SlotPool(POOL_LENGTH);
        UnsafeBuffer shared = pool.acquire(RECEIVE_LENGTH);
        AnsweringExport export = new AnsweringExport(DISK_SIZE);
        session = new Session(
                new Negotiated(export, export.info(), 0, replyStyle, List.of()), socket, pool, shared);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < REQUEST_COUNT; i++) {
            long offset = random.nextLong(DISK_SIZE / READ_LENGTH) * READ_LENGTH;
            RequestFlyweight.encode(
                    shared, i * RequestFlyweight.LENGTH, 0, NbdProtocol.CMD_READ, i, offset, READ_LENGTH);
        }
    }

    /** The requests lie in the shared receive buffer, which a session only reads. */
    @Benchmark
    @OperationsPerInvocation(REQUEST_COUNT)
    public long batchOfReads() {
        session.prepareReceive();
        session.onReceived(REQUEST_COUNT * RequestFlyweight.LENGTH);
        session.flush();
        return socket.sentLength;
    }

    /**
     * Takes everything.
     *
     * <p>Owned by JMH's thread.
     */
    private static final class Socket implements Outlet {
        private long sentLength;

        @Override
        public int send(DirectBuffer buffer, int index, int length) {
            sentLength += length;
            return length;
        }

        @Override
        public void requestFlush() {
            throw new IllegalStateException("no request is parked");
        }
    }
}
