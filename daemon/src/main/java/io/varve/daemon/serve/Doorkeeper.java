package io.varve.daemon.serve;

import io.varve.shim.socket.Connection;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts connections, in all and per peer, and says which are too many.
 *
 * <p>Thread-safe because the counts are behind one lock; a connection passes it twice in its life.
 */
final class Doorkeeper {

    private Limits limits;
    private final Map<String, Integer> countByPeer = new HashMap<>();
    private int count;

    Doorkeeper(Limits limits) {
        this.limits = limits;
    }

    /**
     * Counts the connection until it is closed.
     *
     * @return why it must not come in, then it is not counted; empty if it may
     */
    synchronized String admit(Connection socket) {
        String peer = peer(socket);
        int ofPeer = countByPeer.getOrDefault(peer, 0);
        if (count >= limits.connectionCount()) {
            return "there are " + count + " connections, the limit of all";
        }
        if (ofPeer >= limits.connectionCountPerPeer()) {
            return "there are " + ofPeer + " connections of " + peer + ", the limit of one peer";
        }
        count++;
        countByPeer.put(peer, ofPeer + 1);
        socket.onClose(() -> leave(peer));
        return "";
    }

    /** Nobody is turned out; new connections are measured by it. */
    synchronized void change(Limits next) {
        limits = next;
    }

    private synchronized void leave(String peer) {
        count--;
        countByPeer.merge(peer, -1, (old, change) -> old + change == 0 ? null : old + change);
    }

    synchronized int count() {
        return count;
    }

    private static String peer(Connection socket) {
        return socket.peerAddress().isEmpty() ? "uid " + socket.peerUid() : socket.peerAddress();
    }
}
