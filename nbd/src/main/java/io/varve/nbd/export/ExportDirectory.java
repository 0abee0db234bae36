package io.varve.nbd.export;

import java.util.List;

/**
 * The exports of a server. Calls may block on disks, so they come from worker threads.
 *
 * <p>Thread-safe because implementations say so: several handshakes ask at once.
 */
public interface ExportDirectory {

    /** What LIST shows, in a stable order. */
    List<Listing> list();

    /**
     * Answers INFO without opening anything that a client could notice.
     *
     * @param name as sent by the client; the empty string is the default export
     * @throws ExportException if there is no such export, or it cannot be had
     */
    ExportInfo describe(String name) throws ExportException;

    /**
     * Opens the export for one connection; the caller closes it.
     *
     * @throws ExportException if there is no such export, or it cannot be had; nothing stays open then
     */
    Export open(String name) throws ExportException;

    /**
     * The exports as one client may see them: what it must not use is missing, in the same words as what does not
     * exist. Asked once per connection, and again when TLS has told more about the client. Does not block.
     */
    default ExportDirectory forPeer(Peer peer) {
        return this;
    }

    /** A line of LIST; the description may be empty. */
    record Listing(String name, String description) {}
}
