package io.varve.daemon.io;

import io.varve.shim.Errno;
import io.varve.shim.IoVector;
import io.varve.shim.NativeException;
import io.varve.shim.file.NativeFile;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A file of the operating system. Bytes go straight between the page cache and the buffer.
 *
 * <p>Thread-safe because calls carry their position and scratch memory is per thread.
 */
public final class NativeBlockFile implements BlockFile {

    private static final ThreadLocal<IoVector> SCRATCH = ThreadLocal.withInitial(() -> new IoVector(1));
    private static final int CLOSED = NO_FILE;
    private static final UnsafeBuffer ZEROS = Buffers.alignedDirect(64 * 1024);

    private final String name;
    private volatile int fd;
    private volatile boolean uncached;

    /** @param fd becomes this object's own */
    NativeBlockFile(Path file, int fd) {
        this.name = file.toString();
        this.fd = fd;
    }

    /** Writes go to the disk without the page cache, until the file system refuses one. Before the first write. */
    void bypassCache() throws IOException {
        try {
            uncached = NativeFile.bypassCache(fd());
        } catch (NativeException e) {
            throw failed("cannot open it past the page cache", e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int descriptor() {
        return fd;
    }

    @Override
    public long size() throws IOException {
        try {
            return NativeFile.size(fd());
        } catch (NativeException e) {
            throw failed("cannot tell its size", e);
        }
    }

    @Override
    public long nextData(long position) throws IOException {
        try {
            long data = NativeFile.seekData(fd(), position);
            return data == NativeFile.NO_MORE ? size() : data;
        } catch (NativeException e) {
            return unlessUnsupported(e, position);
        }
    }

    @Override
    public long nextHole(long position) throws IOException {
        try {
            long hole = NativeFile.seekHole(fd(), position);
            return hole == NativeFile.NO_MORE ? size() : hole;
        } catch (NativeException e) {
            return unlessUnsupported(e, size());
        }
    }

    private long unlessUnsupported(NativeException e, long answer) throws IOException {
        if (e.errno() == Errno.EINVAL || e.errno() == Errno.EOPNOTSUPP) {
            return answer;
        }
        throw failed("cannot tell its holes", e);
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        IoVector vector = SCRATCH.get();
        vector.set(0, Buffers.address(destination, index, length), length);
        int count;
        try {
            count = NativeFile.preadNoWait(fd(), vector.address(), position);
        } catch (NativeException e) {
            throw failed("cannot read " + length + " bytes at " + position, e);
        } finally {
            Reference.reachabilityFence(destination);
        }
        if (count == NativeFile.WOULD_BLOCK) {
            return WOULD_BLOCK;
        }
        if (count == 0 && length > 0) {
            throw new TruncatedFileException(name, position);
        }
        return count;
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        readAll(NativeFile::pread, position, destination, index, length);
    }

    /** The kernel does it where it can (RWF_DONTCACHE, Linux 6.14). */
    @Override
    public void readQuietly(long position, MutableDirectBuffer destination, int index, int length)
            throws IOException {
        int done = readAll(NativeBlockFile::preadUncached, position, destination, index, length);
        if (done < length) {
            QuietReads.read(this, position + done, destination, index + done, length - done);
        }
    }

    /** As {@link NativeFile#pread}, and {@link NativeFile#UNSUPPORTED} where there is no such call. */
    @FunctionalInterface
    private interface ReadCall {
        int read(int descriptor, long address, int length, long position) throws NativeException;
    }

    private static int preadUncached(int descriptor, long address, int length, long position) throws NativeException {
        IoVector vector = SCRATCH.get();
        vector.set(0, address, length);
        return NativeFile.preadUncached(descriptor, vector.address(), position);
    }

    /** @return {@code length}, or less if the call turned out to be unsupported */
    private int readAll(ReadCall call, long position, MutableDirectBuffer destination, int index, int length)
            throws IOException {
        long address = Buffers.address(destination, index, length);
        int done = 0;
        try {
            while (done < length) {
                int count = call.read(fd(), address + done, length - done, position + done);
                if (count == NativeFile.UNSUPPORTED) {
                    return done;
                }
                if (count == 0) {
                    throw new TruncatedFileException(name, position + done);
                }
                done += count;
            }
            return done;
        } catch (NativeException e) {
            throw failed("cannot read " + (length - done) + " bytes at " + (position + done), e);
        } finally {
            Reference.reachabilityFence(destination);
        }
    }

    @Override
    public void write(long position, DirectBuffer source, int index, int length) throws IOException {
        long address = Buffers.address(source, index, length);
        int done = 0;
        try {
            while (done < length) {
                done += writeSome(address + done, length - done, position + done);
            }
        } catch (NativeException e) {
            throw failed("cannot write " + (length - done) + " bytes at " + (position + done), e);
        } finally {
            Reference.reachabilityFence(source);
        }
    }

    private int writeSome(long address, int length, long position) throws IOException {
        boolean direct = uncached;
        try {
            return NativeFile.pwrite(fd(), address, length, position);
        } catch (NativeException e) {
            // Larger blocks than a page, or the rest of a write that was cut short inside one.
            if (!direct || e.errno() != Errno.EINVAL) {
                throw e;
            }
        }
        NativeFile.useCache(fd());
        uncached = false;
        return NativeFile.pwrite(fd(), address, length, position);
    }

    @Override
    public void sync() throws IOException {
        try {
            NativeFile.fdatasync(fd());
        } catch (NativeException e) {
            throw failed("cannot make it durable", e);
        }
    }

    @Override
    public void truncate(long size) throws IOException {
        try {
            NativeFile.ftruncate(fd(), size);
        } catch (NativeException e) {
            String advice = e.errno() == Errno.EFBIG
                    ? " bytes, more than a file may have on this file system: put the store on one with larger files, "
                            + "such as XFS"
                    : "";
            throw failed("cannot set its size to " + size + advice, e);
        }
    }

    @Override
    public void punchHole(long position, long length) throws IOException {
        fallocate(NativeFile.PUNCH_HOLE, position, length);
    }

    @Override
    public void zeroRange(long position, long length) throws IOException {
        if (!fallocate(NativeFile.ZERO_RANGE, position, length)) {
            writeZeros(position, Math.min(length, size() - position));
        }
    }

    /** @return false if the file system cannot do it */
    private boolean fallocate(int mode, long position, long length) throws IOException {
        if (length == 0) {
            return true;
        }
        try {
            NativeFile.fallocate(fd(), mode, position, length);
            return true;
        } catch (NativeException e) {
            if (e.errno() == Errno.EOPNOTSUPP) {
                return false;
            }
            throw failed("cannot clear " + length + " bytes at " + position, e);
        }
    }

    /** What {@link #zeroRange} does where the file system cannot (tmpfs, NFS). */
    void writeZeros(long position, long length) throws IOException {
        for (long done = 0; done < length; done += ZEROS.capacity()) {
            write(position + done, ZEROS, 0, (int) Math.min(ZEROS.capacity(), length - done));
        }
    }

    @Override
    public void advise(Advice advice, long position, long length) {
        int value = switch (advice) {
            case WILL_NEED -> NativeFile.ADVICE_WILL_NEED;
            case DONT_NEED -> NativeFile.ADVICE_DONT_NEED;
            case SEQUENTIAL -> NativeFile.ADVICE_SEQUENTIAL;
            case RANDOM -> NativeFile.ADVICE_RANDOM;
        };
        try {
            NativeFile.fadvise(fd(), position, length, value);
        } catch (IOException e) {
            // A hint that the file system does not understand changes nothing but time.
            return;
        }
    }

    @Override
    public void close() throws IOException {
        int descriptor = fd;
        fd = CLOSED;
        if (descriptor != CLOSED) {
            try {
                NativeFile.close(descriptor);
            } catch (NativeException e) {
                throw failed("closed with an error", e);
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }

    /** Never a number that the kernel may have given to another file since. */
    private int fd() throws IOException {
        int descriptor = fd;
        if (descriptor == CLOSED) {
            throw new IOException(name + " is closed");
        }
        return descriptor;
    }

    private IOException failed(String what, NativeException cause) {
        return failure(name + ": " + what + ": " + cause.getMessage(), cause);
    }

    /** A quota of the file system that is reached is a full disk to whoever writes. */
    static IOException failure(String message, NativeException cause) {
        return cause.errno() == Errno.ENOSPC || cause.errno() == Errno.EDQUOT
                ? new NoSpaceException(message, cause)
                : new IOException(message, cause);
    }
}
