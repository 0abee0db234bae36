package io.varve.shim.socket;

import io.varve.shim.libc.NativeMemory;
import io.varve.shim.libc.SocketCalls;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A sockaddr for IPv4 or IPv6 in native memory, with its length behind it, as calls want that fill it in.
 *
 * <pre>
 *  netinet/in.h       sockaddr_in (16 bytes)        sockaddr_in6 (28 bytes)
 *    at 0             family (native order)         family (native order)
 *    at 2             port (big-endian)             port (big-endian)
 *    at 4             address (4 bytes)             flow information
 *    at 8                                           address (16 bytes)
 *    at 24                                          scope (native order)
 * </pre>
 *
 * <p>Owned by the thread that makes the call.
 */
final class InternetAddress {

    private static final int PORT_OFFSET = 2;
    private static final int ADDRESS4_OFFSET = 4;
    private static final int ADDRESS6_OFFSET = 8;
    private static final int SCOPE6_OFFSET = 24;
    private static final int LENGTH4 = 16;
    private static final int LENGTH6 = 28;
    /** socklen_t, in the same piece of memory. */
    private static final int SIZE_OFFSET = LENGTH6;

    private final NativeMemory memory = NativeMemory.allocate(SIZE_OFFSET + 4);

    /** To be filled in by a call. */
    InternetAddress() {
        reset();
    }

    InternetAddress(InetAddress address, int port) {
        ByteBuffer buffer = memory.buffer();
        boolean six = address instanceof Inet6Address;
        buffer.putShort(0, (short) (six ? SocketCalls.AF_INET6 : SocketCalls.AF_INET));
        buffer.putShort(PORT_OFFSET, bigEndian((short) port));
        buffer.put(six ? ADDRESS6_OFFSET : ADDRESS4_OFFSET, address.getAddress());
        if (six) {
            buffer.putInt(SCOPE6_OFFSET, ((Inet6Address) address).getScopeId());
        }
        buffer.putInt(SIZE_OFFSET, six ? LENGTH6 : LENGTH4);
    }

    /** Says that there is room for either kind. */
    void reset() {
        memory.buffer().putInt(SIZE_OFFSET, LENGTH6);
    }

    long address() {
        return memory.address();
    }

    long sizeAddress() {
        return memory.address() + SIZE_OFFSET;
    }

    int size() {
        return memory.buffer().getInt(SIZE_OFFSET);
    }

    int family() {
        return memory.buffer().getShort(0);
    }

    int port() {
        return Short.toUnsignedInt(bigEndian(memory.buffer().getShort(PORT_OFFSET)));
    }

    /**
     * {@code 127.0.0.1} or {@code 0:0:0:0:0:0:0:1}. An IPv4 address in IPv6 clothes is told as the IPv4 address that
     * it is, so that a client has one address whichever kind of listener it came to.
     */
    String hostText() {
        return host().getHostAddress();
    }

    /** {@code 127.0.0.1:10809} or {@code [0:0:0:0:0:0:0:1]:10809}. */
    @Override
    public String toString() {
        InetAddress host = host();
        String text = host.getHostAddress();
        return (host instanceof Inet6Address ? "[" + text + "]" : text) + ":" + port();
    }

    private InetAddress host() {
        boolean six = family() == SocketCalls.AF_INET6;
        byte[] bytes = new byte[six ? 16 : 4];
        memory.buffer().get(six ? ADDRESS6_OFFSET : ADDRESS4_OFFSET, bytes);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError("4 and 16 bytes are the lengths of addresses", e);
        }
    }

    private static short bigEndian(short value) {
        return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? value : Short.reverseBytes(value);
    }
}
