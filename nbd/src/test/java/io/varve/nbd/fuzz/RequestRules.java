package io.varve.nbd.fuzz;

import io.varve.nbd.export.ExportInfo.Feature;

/**
 * What the protocol says of a request before it is done: whether it must be refused, and with which errors
 * (proto.md, "Request types", "Command flags", "Size constraints"). Numbers are written out here, so that a wrong
 * constant of the product is found.
 *
 * <p>Immutable.
 */
final class RequestRules {

    static final int READ = 0;
    static final int WRITE = 1;
    static final int DISC = 2;
    static final int FLUSH = 3;
    static final int TRIM = 4;
    static final int CACHE = 5;
    static final int WRITE_ZEROES = 6;
    static final int BLOCK_STATUS = 7;

    static final int FUA = 1;
    static final int NO_HOLE = 2;
    static final int DF = 4;
    static final int REQ_ONE = 8;
    static final int FAST_ZERO = 16;
    static final int PAYLOAD_LEN = 32;

    private final Facts facts;

    RequestRules(Facts facts) {
        this.facts = facts;
    }

    /** Sets what is wrong with a request of which the header was read. */
    void judge(ClientRequest request) {
        int type = request.type;
        if (!offered(type)) {
            request.faults |= Errors.EINVAL;
        }
        boolean writes = type == WRITE || type == TRIM || type == WRITE_ZEROES;
        if (writes && facts.has(Feature.READ_ONLY)) {
            request.faults |= Errors.EPERM;
        }
        if ((request.flags & ~allowedFlags(type)) != 0) {
            request.faults |= Errors.EINVAL;
        }
        if (type == FLUSH) {
            if (request.offset != 0 || request.length != 0) {
                request.tolerated |= Errors.EINVAL;
            }
            return;
        }
        judgeRange(request, writes);
    }

    private void judgeRange(ClientRequest request, boolean writes) {
        long size = facts.info().size();
        boolean inside = request.offset >= 0 && request.length >= 0 && request.length <= size
                && request.offset <= size - request.length;
        int type = request.type;
        if (!inside) {
            request.faults |= writes && type != TRIM ? Errors.ENOSPC | Errors.EINVAL : Errors.EINVAL;
        }
        if (request.length == 0) {
            request.tolerated |= Errors.EINVAL;
        }
        if ((type == READ || type == WRITE) && (request.length < 0 || request.length > Facts.MAX_PAYLOAD)) {
            int errors = type == READ ? Errors.EINVAL | Errors.EOVERFLOW : Errors.EINVAL;
            request.faults |= request.faults != 0 ? errors : 0;
            request.tolerated |= errors;
        }
    }

    private boolean offered(int type) {
        return switch (type) {
            case READ, WRITE -> true;
            case FLUSH -> facts.has(Feature.FLUSH);
            case TRIM -> facts.has(Feature.TRIM);
            case CACHE -> facts.has(Feature.CACHE);
            case WRITE_ZEROES -> facts.has(Feature.WRITE_ZEROES);
            case BLOCK_STATUS -> facts.contextCount() > 0;
            default -> false;
        };
    }

    private int allowedFlags(int type) {
        boolean chunks = facts.style() != io.varve.nbd.wire.ReplyStyle.SIMPLE;
        int fua = facts.has(Feature.FUA) ? FUA : 0;
        int payload = facts.extended() ? PAYLOAD_LEN : 0;
        return fua | switch (type) {
            case READ -> chunks ? DF : 0;
            case WRITE -> payload;
            case WRITE_ZEROES -> NO_HOLE | (facts.has(Feature.FAST_ZERO) ? FAST_ZERO : 0);
            case BLOCK_STATUS -> REQ_ONE | payload;
            default -> 0;
        };
    }
}
