package io.varve.daemon.disk;

import io.varve.daemon.boot.WaveMemory;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Place;
import io.varve.nbd.export.Reply;
import java.io.IOException;
import java.util.concurrent.Executor;
import org.agrona.MutableDirectBuffer;

/**
 * How far a READ has come. Reused, so that a read allocates nothing.
 *
 * <p>Owned by the agent of the disk; while parked, by the worker that reads the run.
 */
final class ReadOperation extends Errand {

    static final int NOT_OF_CHAIN = -1;

    private final ReadPath path;

    DiskView view;
    Reply reply;
    /** Byte of the disk that comes next. */
    long offset;
    /** Bytes from there to the end of the request. */
    int remaining;

    /** Where the run at {@link #offset} lives; null if it is zero. */
    BlockSource source;
    long position;
    /** Of the source in the chain; {@link #NOT_OF_CHAIN} if it is the overlay. */
    int blobIndex;
    /** Bytes, at most {@link #remaining}. */
    int runLength;
    /** Runs before this byte were counted already, when the loop came to them the first time. */
    long tellFrom;
    /** What the log of the boot calls the run at {@link #offset}. */
    long logEntry;
    /** Holds the whole read, and is in memory; else {@link BlockSource#NO_FILE}. */
    private int sealedFile;
    /** Who answered the run, if it was parked. */
    Place place;

    /** Bytes of the reply that are in place, or are zero and not told yet. */
    private int done;
    private boolean onlyZeroes;
    private MutableDirectBuffer parkedBuffer;
    private int parkedIndex;

    ReadOperation(ReadPath path, WorkerDoor door) {
        super(door);
        this.path = path;
    }

    void begin(DiskView newView, long newOffset, int length, Reply newReply) {
        view = newView.enter();
        offset = newOffset;
        remaining = length;
        reply = newReply;
        tellFrom = newOffset;
        done = 0;
        onlyZeroes = true;
        sealedFile = BlockSource.NO_FILE;
    }

    void end() {
        view.leave();
        view = null;
        reply = null;
        source = null;
        parkedBuffer = null;
    }

    void consume(int length) {
        offset += length;
        remaining -= length;
        done += length;
    }

    /** The run is zero. As long as no other bytes were met, it waits: the whole reply may be one hole. */
    void zero() {
        if (!onlyZeroes) {
            reply.zeroes(done, runLength);
        }
        consume(runLength);
    }

    /** Reads what is in memory of the run, all of it or its beginning; false if nothing is. */
    boolean readNow() throws IOException {
        writeZeroesSoFar();
        // A source first would have the kernel fetch what it did not find.
        int length = readShared();
        if (length == BlockSource.WOULD_BLOCK) {
            length = source.readNow(position, reply.buffer(), reply.bufferIndex() + done, runLength);
            if (done == 0 && length == remaining) {
                sealedFile = source.sealedFile();
            }
        }
        if (length == BlockSource.WOULD_BLOCK) {
            return false;
        }
        consume(length);
        return true;
    }

    private int readShared() {
        return blobIndex == NOT_OF_CHAIN
                ? BlockSource.WOULD_BLOCK
                : path.readShared(this, reply.buffer(), reply.bufferIndex() + done);
    }

    private void writeZeroesSoFar() {
        if (onlyZeroes) {
            onlyZeroes = false;
            if (done > 0) {
                reply.zeroes(0, done);
            }
        }
    }

    /** Before the operation goes to a worker. */
    void park() {
        reply.park();
        parkedBuffer = reply.buffer();
        parkedIndex = reply.bufferIndex() + done;
    }

    @Override
    Executor executor(Executor workers) {
        return source.readers(workers);
    }

    @Override
    void work() throws IOException {
        place = source.place(position, runLength);
        final WaveMemory memory = blobIndex == NOT_OF_CHAIN ? null : path.sharedMemory();
        if (memory != null && memory.enter()) {
            try {
                if (SharedReads.read(view.chain, memory, Pages.index(offset), blobIndex, position, parkedBuffer,
                        parkedIndex, runLength)) {
                    return;
                }
            } finally {
                memory.leave();
            }
        }
        source.read(position, parkedBuffer, parkedIndex, runLength);
    }

    @Override
    void resume(IOException workFailure) {
        path.resume(this, workFailure);
    }

    void complete() {
        if (onlyZeroes) {
            reply.completeZeroes();
        } else if (sealedFile != BlockSource.NO_FILE) {
            reply.completeFrom(sealedFile, position);
        } else {
            reply.complete();
        }
    }
}
