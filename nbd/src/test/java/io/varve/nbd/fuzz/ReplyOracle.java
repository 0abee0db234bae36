package io.varve.nbd.fuzz;

import static io.varve.nbd.fuzz.Fault.require;

import io.varve.nbd.wire.ReplyStyle;

/**
 * Judges what a server says in transmission, byte by byte, as proto.md has it ("Request message", "Structured reply
 * chunk message", "Extended reply chunk message"). It knows the requests of the client and what the disk did with
 * them, and nothing of how the server works.
 *
 * <p>Owned by the thread of the test.
 */
final class ReplyOracle {

    private static final int SIMPLE_MAGIC = 0x67446698;
    private static final int STRUCTURED_MAGIC = 0x668e33ef;
    private static final int EXTENDED_MAGIC = 0x6e8a278c;
    private static final int SIMPLE_LENGTH = 16;
    private static final int STRUCTURED_LENGTH = 20;
    private static final int EXTENDED_LENGTH = 32;
    private static final int DONE = 1;

    private final ClientStream client;
    private final Bytes received;
    private final ChunkOracle chunks;
    private final Reached reached;
    private Facts facts;
    private Tamper tamper;
    private boolean stopping;
    private int answeredCount;
    private long consumed;

    ReplyOracle(ClientStream client, Bytes received, Reached reached) {
        this.reached = reached;
        this.client = client;
        this.received = received;
        this.chunks = new ChunkOracle(received);
    }

    void reset(Facts newFacts, Tamper newTamper) {
        facts = newFacts;
        tamper = newTamper;
        chunks.reset(newFacts);
        received.clear();
        stopping = false;
        answeredCount = 0;
        consumed = 0;
    }

    /** The server may refuse what comes from now on, because it stops. */
    void stopping() {
        stopping = true;
    }

    /** Requests with a whole answer. */
    int answeredCount() {
        return answeredCount;
    }

    /** Bytes that made whole messages. */
    long consumed() {
        return consumed;
    }

    /** Judges all whole messages that were received. */
    void judge() {
        while (received.length() >= Integer.BYTES) {
            long length = messageLength();
            if (length == 0 || received.length() < length) {
                return;
            }
            if (!tamper.message(received, (int) length)) {
                received.drop((int) length);
                continue;
            }
            if (received.getU32(0) == SIMPLE_MAGIC) {
                judgeSimple();
            } else {
                judgeChunk((int) length);
            }
            consumed += length;
            received.drop((int) length);
        }
    }

    /** @return 0 if too little is there to tell */
    private long messageLength() {
        int magic = received.getU32(0);
        if (magic == SIMPLE_MAGIC) {
            require(facts.style() != ReplyStyle.EXTENDED, "a simple reply with extended headers");
            return received.length() < SIMPLE_LENGTH ? 0 : simpleLength();
        }
        boolean extended = facts.extended();
        require(magic == (extended ? EXTENDED_MAGIC : STRUCTURED_MAGIC) && facts.style() != ReplyStyle.SIMPLE,
                "a reply magic @ in style @", magic, facts.style());
        int headerLength = extended ? EXTENDED_LENGTH : STRUCTURED_LENGTH;
        if (received.length() < headerLength) {
            return 0;
        }
        long length = extended ? received.getU64(24) : received.getU32(16) & 0xffff_ffffL;
        require(length >= 0 && length <= Facts.MAX_PAYLOAD + 8, "a chunk with a payload of @ bytes", length);
        return headerLength + length;
    }

    private long simpleLength() {
        ClientRequest request = client.byCookie(received.getU64(8));
        boolean hasData = request != null && request.type == RequestRules.READ && received.getU32(4) == 0;
        return SIMPLE_LENGTH + (hasData ? request.length : 0);
    }

    /** The request that a message answers. */
    private ClientRequest open(long cookie) {
        ClientRequest request = client.byCookie(cookie);
        require(request != null && client.isHeard(request), "a reply to nobody: cookie @", cookie);
        require(!request.answered, "a second answer to @", request);
        request.answerBegun = true;
        return request;
    }

    private void judgeSimple() {
        ClientRequest request = open(received.getU64(8));
        require(facts.style() == ReplyStyle.SIMPLE
                        || request.type != RequestRules.READ && request.type != RequestRules.BLOCK_STATUS,
                "a simple reply, although chunks were agreed on, to @", request);
        int error = received.getU32(4);
        if (error != 0) {
            judgeError(request, error);
        } else {
            judgeSuccess(request);
            if (request.type == RequestRules.READ) {
                chunks.requireBytes(request, 0, SIMPLE_LENGTH, (int) request.length);
            }
        }
        answered(request, error);
    }

    private void answered(ClientRequest request, int error) {
        request.answered = true;
        answeredCount++;
        reached.answer(facts.style().ordinal(), request, error);
    }

    private void judgeSuccess(ClientRequest request) {
        require(request.faults == Errors.NONE, "what must be refused was done: @", request);
        require(request.fate == ClientRequest.Fate.DONE, "success, but the disk did not say so: @", request);
    }

    private void judgeError(ClientRequest request, int error) {
        int known = Errors.ofWire(error);
        require(known != Errors.NONE, "an error @ that no client knows, for @", error, request);
        int allowed = switch (request.fate) {
            case FAILED -> request.diskErrors;
            case NOT_ASKED -> request.faults | request.tolerated | (stopping ? Errors.ESHUTDOWN : 0);
            default -> Errors.NONE;
        };
        require((known & allowed) != 0, "an error @ that does not suit @", error, request);
    }

    private void judgeChunk(int messageLength) {
        int flags = received.getU16(4);
        int type = received.getU16(6);
        ClientRequest request = open(received.getU64(8));
        require((flags & ~DONE) == 0, "chunk flags @ for @", flags, request);
        if (facts.extended()) {
            require(received.getU64(16) == request.offset,
                    "another offset in the chunk's header than in the request's");
        }
        int at = facts.extended() ? EXTENDED_LENGTH : STRUCTURED_LENGTH;
        int length = messageLength - at;
        request.chunkCount++;
        boolean done = (flags & DONE) != 0;
        if ((type & 1 << 15) != 0) {
            require(done && request.chunkCount == 1, "an error chunk beside others, for @", request);
            judgeErrorChunk(request, type, at, length);
        } else {
            judgeSuccess(request);
            chunks.judge(request, type, at, length);
            require(!done || chunks.isComplete(request), "the last chunk, and something is missing, of @", request);
            require(done || type != 0, "a NONE chunk that is not the last");
        }
        if (done) {
            answered(request, (type & 1 << 15) != 0 ? received.getU32(at) : 0);
        }
    }

    private void judgeErrorChunk(ClientRequest request, int type, int at, int length) {
        int kind = type & 0x7fff;
        require(kind == 1 || kind == 2, "a chunk of type @", type);
        require(length >= 6, "an error chunk of @ bytes", length);
        judgeError(request, received.getU32(at));
        int textLength = received.getU16(at + 4);
        require(textLength <= 4096 && length == 6 + textLength + (kind == 2 ? 8 : 0),
                "a text of @ bytes in an error chunk of @", textLength, length);
        require(Texts.isDisplayable(received.array(), received.from() + at + 6, textLength),
                "a text that is not UTF-8");
        if (kind == 2) {
            long offset = received.getU64(at + 6 + textLength);
            require(offset == request.failedOffset, "it did not fail at @, the @", offset, request);
        }
    }

    /** Everything that was heard must have its answer by now. */
    void requireAllAnswered() {
        require(received.length() == 0, "half of a message, and nothing follows");
        for (int i = 0; i < client.count(); i++) {
            ClientRequest request = client.request(i);
            require(request.answered || !client.isWhole(request) || request.mayEndConnection,
                "no answer to @", request);
        }
    }
}
