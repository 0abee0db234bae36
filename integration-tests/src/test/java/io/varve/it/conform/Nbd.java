package io.varve.it.conform;

import java.util.Set;

/** The numbers of the protocol, written down a second time so that a mistake in the server's cannot hide. Immutable. */
final class Nbd {

    static final long NBDMAGIC = 0x4e42444d41474943L;
    static final long IHAVEOPT = 0x49484156454F5054L;
    static final long REPLY_MAGIC = 0x3e889045565a9L;
    static final int FIXED_NEWSTYLE = 1;
    static final int NO_ZEROES = 2;
    static final int PADDING = 124;

    static final int OPT_EXPORT_NAME = 1;
    static final int OPT_ABORT = 2;
    static final int OPT_LIST = 3;
    static final int OPT_STARTTLS = 5;
    static final int OPT_INFO = 6;
    static final int OPT_GO = 7;
    static final int OPT_STRUCTURED_REPLY = 8;
    static final int OPT_LIST_META = 9;
    static final int OPT_SET_META = 10;
    static final int OPT_EXTENDED_HEADERS = 11;

    static final int ACK = 1;
    static final int SERVER = 2;
    static final int INFO = 3;
    static final int META_CONTEXT = 4;
    static final int ERROR_BIT = 1 << 31;
    static final int ERR_UNSUP = ERROR_BIT | 1;
    static final int ERR_POLICY = ERROR_BIT | 2;
    static final int ERR_INVALID = ERROR_BIT | 3;
    static final int ERR_TLS_REQD = ERROR_BIT | 5;
    static final int ERR_UNKNOWN = ERROR_BIT | 6;
    static final int ERR_SHUTDOWN = ERROR_BIT | 7;
    static final int ERR_BLOCK_SIZE_REQD = ERROR_BIT | 8;
    static final int ERR_TOO_BIG = ERROR_BIT | 9;
    static final int ERR_EXT_HEADER_REQD = ERROR_BIT | 10;

    static final int INFO_EXPORT = 0;
    static final int INFO_NAME = 1;
    static final int INFO_DESCRIPTION = 2;
    static final int INFO_BLOCK_SIZE = 3;

    static final int HAS_FLAGS = 1;
    static final int READ_ONLY = 1 << 1;
    static final int SEND_FLUSH = 1 << 2;
    static final int SEND_FUA = 1 << 3;
    static final int SEND_TRIM = 1 << 5;
    static final int SEND_WRITE_ZEROES = 1 << 6;
    static final int SEND_DF = 1 << 7;
    static final int CAN_MULTI_CONN = 1 << 8;
    static final int SEND_CACHE = 1 << 10;
    static final int SEND_FAST_ZERO = 1 << 11;
    static final int BLOCK_STATUS_PAYLOAD = 1 << 12;
    static final int KNOWN_FLAGS = (1 << 13) - 1;

    static final int REQUEST = 0x25609513;
    static final int EXTENDED_REQUEST = 0x21e41c71;
    static final int SIMPLE_REPLY = 0x67446698;
    static final int CHUNK = 0x668e33ef;
    static final int EXTENDED_CHUNK = 0x6e8a278c;

    static final int READ = 0;
    static final int WRITE = 1;
    static final int DISC = 2;
    static final int FLUSH = 3;
    static final int TRIM = 4;
    static final int CACHE = 5;
    static final int ZEROES = 6;
    static final int STATUS = 7;
    static final int UNKNOWN_COMMAND = 77;

    static final int FUA = 1;
    static final int NO_HOLE = 2;
    static final int DF = 4;
    static final int REQ_ONE = 8;
    static final int FAST_ZERO = 16;
    static final int PAYLOAD_LEN = 32;
    static final int UNKNOWN_FLAG = 1 << 14;

    static final int DONE = 1;
    static final int CHUNK_NONE = 0;
    static final int CHUNK_DATA = 1;
    static final int CHUNK_HOLE = 2;
    static final int CHUNK_STATUS = 5;
    static final int CHUNK_STATUS_EXT = 6;
    static final int CHUNK_ERROR = 0x8001;
    static final int CHUNK_ERROR_OFFSET = 0x8002;

    static final int EPERM = 1;
    static final int EIO = 5;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int EOVERFLOW = 75;
    static final int ENOTSUP = 95;
    static final int ESHUTDOWN = 108;
    /** What an error field may hold (rule 108); 0 is success. */
    static final Set<Integer> ERRORS = Set.of(1, 5, 12, 22, 28, 75, 95, 108);

    static final int HOLE = 1;
    static final int ZERO = 2;

    static final int MAX_STRING = 4096;
    static final int KIB = 1024;
    static final int MIB = 1 << 20;
    /** A payload up to this is never treated as an attack (rule 101). */
    static final int TOLERATED_PAYLOAD = 32 * MIB;

    private Nbd() {}
}
