package io.varve.daemon.layer;

/** The tables of a layer, beside the pages; what they have in common is {@link TableHeader}. Immutable. */
enum TableKind {
    /** Extents: {@link MapEntry}. */
    MAP("VARVEMAP", 16),
    /** CRC32C of each page of a blob. */
    CRC("VARVECRC", 4),
    /** SHA-256 of each chunk of a blob. */
    CHUNKS("VARVECHK", 32);

    /** ASCII, 8 characters. */
    private final String magic;
    private final int entryLength;

    TableKind(String magic, int entryLength) {
        this.magic = magic;
        this.entryLength = entryLength;
    }

    String magic() {
        return magic;
    }

    /** Bytes; divides {@link TableHeader#SEGMENT_LENGTH}. */
    int entryLength() {
        return entryLength;
    }
}
