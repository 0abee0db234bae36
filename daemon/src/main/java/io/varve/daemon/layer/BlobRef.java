package io.varve.daemon.layer;

/**
 * A blob as a layer names it.
 *
 * <p>Immutable.
 *
 * @param id        64 hexadecimal digits: the SHA-256 over the digests of its chunks; also the name of its directory
 * @param pageCount at least 1
 */
public record BlobRef(String id, long pageCount) {

    public BlobRef {
        if (!LayerId.isHex(id)) {
            throw new IllegalArgumentException("'" + id + "' is not the id of a blob");
        }
        if (pageCount < 1 || pageCount > MapEntry.MAX_PAGE_INDEX + 1) {
            throw new IllegalArgumentException("a blob of " + pageCount + " pages");
        }
    }
}
