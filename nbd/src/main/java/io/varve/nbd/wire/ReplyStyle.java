package io.varve.nbd.wire;

/** How the messages of transmission look, as agreed on in the handshake. Immutable. */
public enum ReplyStyle {
    /** 16 bytes of header, then the payload of a READ (proto.md, "Simple reply message"). */
    SIMPLE,
    /** READ and BLOCK_STATUS are answered in chunks (proto.md, "Structured reply chunk message"). */
    STRUCTURED,
    /**
     * Everything is answered in chunks, and lengths have 64 bits, those of requests too (proto.md of the branch
     * extension-ext-header, "Extended request message", "Extended reply chunk message").
     */
    EXTENDED
}
