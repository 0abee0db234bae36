package io.varve.nbd.wire;

/** How the replies of transmission look, as agreed on in the handshake. Immutable. */
public enum ReplyStyle {
    /** 16 bytes of header, then the payload of a READ (proto.md, "Simple reply message"). */
    SIMPLE,
    /** READ and BLOCK_STATUS are answered in chunks (proto.md, "Structured reply chunk message"). */
    STRUCTURED
}
