package io.varve.daemon.cli;

import io.varve.daemon.io.Printable;
import io.varve.daemon.serve.ListenAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Sockets that systemd, or who does as it does, opened for us: descriptors from 3 on, {@code LISTEN_FDS} of them, if
 * {@code LISTEN_PID} is our process id (sd_listen_fds(3)).
 *
 * <p>Immutable.
 */
final class SocketActivation {

    private static final int FIRST_DESCRIPTOR = 3;
    private static final int MAX_COUNT = 1024;

    private SocketActivation() {}

    /**
     * @return empty if no sockets were passed, or they were meant for another process
     * @throws IOException if the variables are not what the protocol says
     */
    static List<ListenAddress> listeners(Map<String, String> environment, long pid) throws IOException {
        String count = environment.get("LISTEN_FDS");
        if (count == null || !Long.toString(pid).equals(environment.get("LISTEN_PID"))) {
            return List.of();
        }
        if (!count.matches("[0-9]{1,4}") || Integer.parseInt(count) > MAX_COUNT) {
            throw new IOException("LISTEN_FDS is '" + Printable.of(count)
                    + "': it is the number of sockets passed, 0 to " + MAX_COUNT);
        }
        List<ListenAddress> listeners = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(count); i++) {
            listeners.add(new ListenAddress.Inherited(FIRST_DESCRIPTOR + i));
        }
        return listeners;
    }
}
