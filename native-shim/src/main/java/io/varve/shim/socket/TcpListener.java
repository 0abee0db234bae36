package io.varve.shim.socket;

import io.varve.shim.Errno;
import io.varve.shim.NativeException;

/** A bound TCP socket. Owned by the thread that accepts. */
final class TcpListener extends DescriptorListener {

    private final InternetAddress client = new InternetAddress();

    TcpListener(int fd, String address, int port) {
        super(fd, address, port);
    }

    @Override
    int accept4(int listening) {
        client.reset();
        return LIBC.accept4(listening, client.address(), client.sizeAddress(), ACCEPT_FLAGS);
    }

    @Override
    Connection connection(int accepted) throws NativeException {
        return TcpSockets.connection(accepted, client);
    }

    @Override
    boolean isOfClient(int errno) {
        return errno == Errno.EPROTO || super.isOfClient(errno);
    }
}
