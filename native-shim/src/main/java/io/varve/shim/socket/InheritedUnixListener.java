package io.varve.shim.socket;

import io.varve.shim.NativeException;
import io.varve.shim.file.NativeFile;

/**
 * A unix socket that somebody else bound. Its file is theirs: it stays where it is, and clients that come while this
 * process is not there wait for the next.
 *
 * <p>Owned by the thread that accepts.
 */
final class InheritedUnixListener extends DescriptorListener {

    private static final int NO_PORT = -1;

    InheritedUnixListener(int fd, String address) {
        super(fd, address, NO_PORT);
    }

    @Override
    int accept4(int listening) {
        return LIBC.accept4(listening, 0, 0, ACCEPT_FLAGS);
    }

    @Override
    Connection connection(int accepted) throws NativeException {
        try {
            PeerCredentials peer = PeerCredentials.of(accepted);
            return new Connection(accepted, () -> NativeFile.close(accepted), peer.toString(), "", peer.uid());
        } catch (NativeException e) {
            NativeFile.close(accepted);
            throw e;
        }
    }
}
