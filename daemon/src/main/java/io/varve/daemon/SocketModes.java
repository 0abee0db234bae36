package io.varve.daemon;

import io.varve.daemon.config.ListenerSettings;
import io.varve.daemon.serve.ListenAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Permissions of socket files. A client needs the right to write to connect.
 *
 * <p>Immutable.
 */
final class SocketModes {

    private SocketModes() {}

    static void apply(List<ListenerSettings> listeners) throws IOException {
        for (ListenerSettings listener : listeners) {
            if (listener.mode().isPresent() && listener.address() instanceof ListenAddress.Unix unix) {
                apply(unix.path(), listener.mode().getAsInt());
            }
        }
    }

    private static void apply(Path socket, int mode) throws IOException {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        // From the owner's right to read, the highest bit, downwards.
        PosixFilePermission[] all = PosixFilePermission.values();
        for (int i = 0; i < all.length; i++) {
            if ((mode >> (all.length - 1 - i) & 1) != 0) {
                permissions.add(all[i]);
            }
        }
        Files.setPosixFilePermissions(socket, permissions);
    }
}
