package io.varve.daemon.cache;

import java.io.IOException;

/** A chunk came with other bytes than its digest says. */
public final class WrongChunkException extends IOException {

    private static final long serialVersionUID = 1L;

    private final int chunk;

    /** @param noted whether the digest was noted when the chunk came first; otherwise a manifest gave it */
    WrongChunkException(String cacheName, int chunk, boolean noted) {
        super(cacheName + ": chunk " + chunk + ", at byte " + Chunks.position(chunk) + " of the disk, is not "
                + (noted ? "what it was when it came first" : "what the manifest says"));
        this.chunk = chunk;
    }

    public int chunk() {
        return chunk;
    }
}
