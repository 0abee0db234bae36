package io.varve.shim.libc;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;

/**
 * A small piece of zeroed native memory in the byte order of the machine, freed when nobody can reach it.
 *
 * <p>Design note: a direct {@link ByteBuffer} behind an address, because its accesses are checked, cost nothing and
 * need no cleaning up; the object must stay reachable during a call that is given the address
 * ({@link java.lang.ref.Reference#reachabilityFence}).
 *
 * <p>Owned by the thread that makes the call.
 */
public final class NativeMemory {

    /** How the JDK turns a path into the bytes that the kernel sees. */
    private static final Charset PATH_CHARSET =
            Charset.forName(System.getProperty("sun.jnu.encoding", Charset.defaultCharset().name()));

    private final ByteBuffer buffer;
    private final long address;

    private NativeMemory(int length) {
        buffer = ByteBuffer.allocateDirect(length).order(ByteOrder.nativeOrder());
        address = addressOf(buffer);
    }

    /** @param length bytes */
    public static NativeMemory allocate(int length) {
        return new NativeMemory(length);
    }

    /** @throws IllegalArgumentException if the path has a NUL inside: the kernel would see a shorter, other path */
    public static NativeMemory path(String path) {
        if (path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("path with a NUL character: " + path.replace("\0", "\\0"));
        }
        byte[] bytes = pathBytes(path);
        NativeMemory memory = new NativeMemory(bytes.length + 1);
        memory.buffer.put(0, bytes);
        return memory;
    }

    public static byte[] pathBytes(String path) {
        return path.getBytes(PATH_CHARSET);
    }

    public long address() {
        return address;
    }

    /** Position is 0 and limit is the length; use absolute accesses. */
    public ByteBuffer buffer() {
        return buffer;
    }

    private static long addressOf(Buffer direct) {
        return com.kenai.jffi.MemoryIO.getInstance().getDirectBufferAddress(direct);
    }
}
