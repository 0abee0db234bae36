package io.varve.nbd.wire;

/**
 * Every number of the protocol, and nothing else. Names are those of proto.md without the {@code NBD_} prefix.
 *
 * <p>Immutable.
 */
public final class NbdProtocol {

    // Handshake (proto.md, "Newstyle negotiation" and "Fixed newstyle negotiation")
    /** "NBDMAGIC". */
    public static final long GREETING_MAGIC = 0x4e42444d41474943L;
    /** "IHAVEOPT". */
    public static final long OPTION_MAGIC = 0x49484156454f5054L;
    public static final long OPTION_REPLY_MAGIC = 0x0003e889045565a9L;

    public static final int FLAG_FIXED_NEWSTYLE = 1;
    public static final int FLAG_NO_ZEROES = 1 << 1;
    public static final int FLAG_C_FIXED_NEWSTYLE = 1;
    public static final int FLAG_C_NO_ZEROES = 1 << 1;
    /** Zero bytes behind the answer to EXPORT_NAME, unless NO_ZEROES was agreed on. */
    public static final int EXPORT_NAME_PADDING = 124;

    // Options
    public static final int OPT_EXPORT_NAME = 1;
    public static final int OPT_ABORT = 2;
    public static final int OPT_LIST = 3;
    public static final int OPT_STARTTLS = 5;
    public static final int OPT_INFO = 6;
    public static final int OPT_GO = 7;
    public static final int OPT_STRUCTURED_REPLY = 8;
    public static final int OPT_LIST_META_CONTEXT = 9;
    public static final int OPT_SET_META_CONTEXT = 10;
    public static final int OPT_EXTENDED_HEADERS = 11;

    // Option replies
    public static final int REP_ACK = 1;
    public static final int REP_SERVER = 2;
    public static final int REP_INFO = 3;
    public static final int REP_META_CONTEXT = 4;
    private static final int REP_FLAG_ERROR = 1 << 31;
    public static final int REP_ERR_UNSUP = REP_FLAG_ERROR | 1;
    public static final int REP_ERR_POLICY = REP_FLAG_ERROR | 2;
    public static final int REP_ERR_INVALID = REP_FLAG_ERROR | 3;
    public static final int REP_ERR_PLATFORM = REP_FLAG_ERROR | 4;
    public static final int REP_ERR_TLS_REQD = REP_FLAG_ERROR | 5;
    public static final int REP_ERR_UNKNOWN = REP_FLAG_ERROR | 6;
    public static final int REP_ERR_SHUTDOWN = REP_FLAG_ERROR | 7;
    public static final int REP_ERR_BLOCK_SIZE_REQD = REP_FLAG_ERROR | 8;
    public static final int REP_ERR_TOO_BIG = REP_FLAG_ERROR | 9;
    public static final int REP_ERR_EXT_HEADER_REQD = REP_FLAG_ERROR | 10;

    // Information types of INFO and GO
    public static final int INFO_EXPORT = 0;
    public static final int INFO_NAME = 1;
    public static final int INFO_DESCRIPTION = 2;
    public static final int INFO_BLOCK_SIZE = 3;

    // Transmission flags
    public static final int TRANSMIT_HAS_FLAGS = 1;
    public static final int TRANSMIT_READ_ONLY = 1 << 1;
    public static final int TRANSMIT_SEND_FLUSH = 1 << 2;
    public static final int TRANSMIT_SEND_FUA = 1 << 3;
    public static final int TRANSMIT_ROTATIONAL = 1 << 4;
    public static final int TRANSMIT_SEND_TRIM = 1 << 5;
    public static final int TRANSMIT_SEND_WRITE_ZEROES = 1 << 6;
    public static final int TRANSMIT_SEND_DF = 1 << 7;
    public static final int TRANSMIT_CAN_MULTI_CONN = 1 << 8;
    public static final int TRANSMIT_SEND_CACHE = 1 << 10;
    public static final int TRANSMIT_SEND_FAST_ZERO = 1 << 11;
    /** Only with extended headers. */
    public static final int TRANSMIT_BLOCK_STATUS_PAYLOAD = 1 << 12;

    // Requests
    public static final int REQUEST_MAGIC = 0x25609513;
    public static final int SIMPLE_REPLY_MAGIC = 0x67446698;
    public static final int STRUCTURED_REPLY_MAGIC = 0x668e33ef;
    public static final int EXTENDED_REQUEST_MAGIC = 0x21e41c71;
    public static final int EXTENDED_REPLY_MAGIC = 0x6e8a278c;

    public static final int CMD_READ = 0;
    public static final int CMD_WRITE = 1;
    public static final int CMD_DISC = 2;
    public static final int CMD_FLUSH = 3;
    public static final int CMD_TRIM = 4;
    public static final int CMD_CACHE = 5;
    public static final int CMD_WRITE_ZEROES = 6;
    public static final int CMD_BLOCK_STATUS = 7;

    public static final int CMD_FLAG_FUA = 1;
    public static final int CMD_FLAG_NO_HOLE = 1 << 1;
    public static final int CMD_FLAG_DF = 1 << 2;
    public static final int CMD_FLAG_REQ_ONE = 1 << 3;
    public static final int CMD_FLAG_FAST_ZERO = 1 << 4;
    /** Only with extended headers: the length of the request is that of a payload, which follows. */
    public static final int CMD_FLAG_PAYLOAD_LEN = 1 << 5;

    // Structured reply chunks
    public static final int REPLY_FLAG_DONE = 1;
    public static final int REPLY_TYPE_NONE = 0;
    public static final int REPLY_TYPE_OFFSET_DATA = 1;
    public static final int REPLY_TYPE_OFFSET_HOLE = 2;
    public static final int REPLY_TYPE_BLOCK_STATUS = 5;
    public static final int REPLY_TYPE_BLOCK_STATUS_EXT = 6;
    public static final int REPLY_TYPE_ERROR = (1 << 15) | 1;
    public static final int REPLY_TYPE_ERROR_OFFSET = (1 << 15) | 2;

    // base:allocation
    public static final int STATE_HOLE = 1;
    public static final int STATE_ZERO = 1 << 1;

    // Limits (proto.md, "Values" and "Size constraints")
    /** Bytes of UTF-8 in names, descriptions, contexts and messages. */
    public static final int MAX_STRING_LENGTH = 4096;
    /** Bytes of payload of one request or reply; what clients expect where nothing else was said. */
    public static final int MAX_PAYLOAD_LENGTH = 32 * 1024 * 1024;

    private NbdProtocol() {}
}
