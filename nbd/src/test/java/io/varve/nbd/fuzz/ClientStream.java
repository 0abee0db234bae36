package io.varve.nbd.fuzz;

import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * What the client says in transmission, and the requests that the protocol sees in it.
 *
 * <p>Cookies are made unique, because a client that uses one for two requests cannot tell their answers apart, and
 * neither could we.
 *
 * <p>Owned by the thread of the test.
 */
final class ClientStream {

    private static final long NONE = Long.MAX_VALUE;
    /** Bytes that no client of a test will ever have sent. */
    private static final long ENDLESS = 1L << 40;
    private static final int COMPACT_MAGIC = 0x25609513;
    private static final int EXTENDED_MAGIC = 0x21e41c71;

    private final AllocationMeter meter;
    private final Bytes bytes;
    private final List<ClientRequest> requests = new ArrayList<>();
    private int requestCount;
    private final Long2ObjectHashMap<ClientRequest> byCookie = new Long2ObjectHashMap<>();
    private Facts facts;
    private RequestRules rules;
    /** Of the next header. */
    private long framed;
    private long delivered;
    private long violation;
    private long disconnect;
    /** Of a payload so long that the server may close instead of skipping it. */
    private long excuse;
    private int heardCount;
    private long longestHeard;

    ClientStream(AllocationMeter meter) {
        this.meter = meter;
        this.bytes = new Bytes(meter, 1 << 20);
    }

    void reset(Facts newFacts) {
        facts = newFacts;
        rules = new RequestRules(newFacts);
        bytes.clear();
        requestCount = 0;
        byCookie.clear();
        framed = 0;
        heardCount = 0;
        longestHeard = 0;
        delivered = 0;
        violation = NONE;
        excuse = NONE;
        disconnect = NONE;
    }

    /** The client's bytes go here; {@link #frame} afterwards. */
    Bytes bytes() {
        return bytes;
    }

    int length() {
        return bytes.length();
    }

    /** Bytes that the server has. */
    int delivered() {
        return (int) delivered;
    }

    void deliver(int length) {
        delivered += length;
        while (heardCount < requestCount && isHeard(requests.get(heardCount))) {
            ClientRequest request = requests.get(heardCount++);
            if (request.faults == Errors.NONE && request.length <= Facts.MAX_PAYLOAD
                    && (request.type == RequestRules.READ || request.type == RequestRules.WRITE)) {
                longestHeard = Math.max(longestHeard, request.length);
            }
        }
    }

    /** Bytes of the longest READ or WRITE that the server knows of and may do. */
    long longestHeard() {
        return longestHeard;
    }

    /** Requests whose headers are in the stream. */
    int count() {
        return requestCount;
    }

    ClientRequest request(int ordinal) {
        return requests.get(ordinal);
    }

    /** Looks for requests among the bytes that were added. */
    void frame() {
        int headerLength = facts.requestLength();
        while (violation == NONE && disconnect == NONE && framed + headerLength <= bytes.length()) {
            int at = (int) framed;
            if (bytes.getU32(at) != (facts.extended() ? EXTENDED_MAGIC : COMPACT_MAGIC)) {
                violation = framed;
                return;
            }
            if (bytes.getU16(at + 6) == RequestRules.DISC) {
                disconnect = framed;
                return;
            }
            if (!addRequest(at, headerLength)) {
                return;
            }
        }
    }

    /** @return false if more bytes must come before it can be judged */
    private boolean addRequest(int at, int headerLength) {
        int flags = bytes.getU16(at + 4);
        int type = bytes.getU16(at + 6);
        long length = facts.extended() ? bytes.getU64(at + 24) : bytes.getU32(at + 24) & 0xffff_ffffL;
        boolean hasPayload = type == RequestRules.WRITE
                || facts.extended() && (flags & RequestRules.PAYLOAD_LEN) != 0;
        boolean namesContexts = hasPayload && type == RequestRules.BLOCK_STATUS && facts.contextCount() > 0;
        boolean tooLong = facts.extended() && hasPayload && (length < 0 || length > Facts.MAX_SKIPPED);
        if (namesContexts && wellSized(length) && at + headerLength + length > bytes.length()) {
            return false;
        }
        ClientRequest request = next();
        request.start = at;
        request.payloadStart = at + headerLength;
        request.end = at + headerLength + (hasPayload ? length >= 0 ? Math.min(length, ENDLESS) : ENDLESS : 0L);
        request.flags = flags;
        request.type = type;
        request.cookie = uniqueCookie(at);
        request.offset = bytes.getU64(at + 16);
        request.length = length;
        if (namesContexts && !tooLong) {
            readContexts(request, length);
        } else {
            for (int i = 0; i < facts.contextIds().length; i++) {
                request.asked[i] = facts.contextIds()[i] != 0;
            }
        }
        rules.judge(request);
        byCookie.put(request.cookie, request);
        framed = request.end;
        if (tooLong) {
            request.mayEndConnection = true;
            request.faults |= Errors.EINVAL;
            excuse = Math.min(excuse, request.start);
        }
        return true;
    }

    /** Of a payload with a length and at least one id. */
    private static boolean wellSized(long payloadLength) {
        return payloadLength >= 12 && payloadLength <= 8 + 4 * ClientRequest.CONTEXTS && payloadLength % 4 == 0;
    }

    private void readContexts(ClientRequest request, long payloadLength) {
        if (!wellSized(payloadLength)) {
            request.faults |= Errors.EINVAL;
            return;
        }
        request.length = bytes.getU64(request.payloadStart);
        for (int at = 8; at < payloadLength; at += 4) {
            int index = facts.contextIndex(bytes.getU32(request.payloadStart + at));
            if (index < 0 || request.asked[index]) {
                request.faults |= Errors.EINVAL;
                return;
            }
            request.asked[index] = true;
        }
    }

    private ClientRequest next() {
        if (requestCount == requests.size()) {
            requests.add(new ClientRequest(meter));
            meter.discount(4096);
        }
        ClientRequest request = requests.get(requestCount++);
        request.reset();
        return request;
    }

    private long uniqueCookie(int at) {
        long cookie = bytes.getU64(at + 8);
        ClientRequest other = byCookie.get(cookie);
        if (other == null || other.answered) {
            return cookie;
        }
        while (byCookie.containsKey(cookie)) {
            cookie += 0x1_0000_0001L;
        }
        bytes.setU64(at + 8, cookie);
        return cookie;
    }

    /** The last request with a cookie; null if there is none. */
    ClientRequest byCookie(long cookie) {
        return byCookie.get(cookie);
    }

    /** Whether the server has all of the header. */
    boolean isHeard(ClientRequest request) {
        return request.start + (long) facts.requestLength() <= delivered;
    }

    boolean isWhole(ClientRequest request) {
        return request.end <= delivered;
    }

    /** Whether the server has a header that breaks the protocol. */
    boolean violationHeard() {
        return violation != NONE && violation + facts.requestLength() <= delivered;
    }

    /** Whether so much of a wrong header is there that the server may know. */
    boolean violationBegun() {
        long first = Math.min(violation, excuse);
        return first != NONE && first + Integer.BYTES <= delivered;
    }

    boolean disconnectHeard() {
        return disconnect != NONE && disconnect + facts.requestLength() <= delivered;
    }

    /** Whether nothing that is added now will be looked at. */
    boolean isDead() {
        return violation != NONE || disconnect != NONE;
    }
}
