package io.varve.daemon.access;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.Peer;
import java.util.List;

/**
 * Exports behind rules. Asked without a client it shows what a client that nothing is known about may have.
 *
 * <p>Thread-safe because the policy is one reference to an immutable value, and the directory behind it is thread-safe.
 */
public final class AccessDirectory implements ExportDirectory {

    private final ExportDirectory exports;
    private volatile AccessPolicy policy;

    public AccessDirectory(ExportDirectory exports, AccessPolicy policy) {
        this.exports = exports;
        this.policy = policy;
    }

    /** Holds from now on for whoever negotiates; open exports stay as they are. */
    public void change(AccessPolicy next) {
        policy = next;
    }

    @Override
    public ExportDirectory forPeer(Peer peer) {
        return new PeerDirectory(exports, () -> policy, peer);
    }

    @Override
    public List<Listing> list() {
        return forStranger().list();
    }

    @Override
    public ExportInfo describe(String name) throws ExportException {
        return forStranger().describe(name);
    }

    @Override
    public Export open(String name) throws ExportException {
        return forStranger().open(name);
    }

    private ExportDirectory forStranger() {
        return forPeer(Peer.tcp(""));
    }
}
