package io.varve.daemon.serve;

/**
 * When to hold the replies of a client back for a moment, so that more of its requests come together.
 *
 * <p>A client with many requests in flight sends the next one for each reply that it reads. A server that takes every
 * request the moment it is sent makes both sides pay: a system call or two for each request, and two processors that
 * pass the socket's locks and counts to and fro. With fio at 32 requests in flight, its own processor time for one
 * request fell from 8.1 to 6.8 us when its replies came sixteen at a time (medians of five rounds beside each other).
 *
 * <p>A client must never have read all that it was sent while requests of it are held: it would wait for us and we for
 * it. So replies are held only while the client has clearly more unread than we hold, which the kernel knows
 * ({@link io.varve.shim.socket.SendQueue}). That halves the requests in flight between client and
 * server whatever their number is, and never holds up a client that has few. Over TCP the kernel does not tell, and
 * nothing is held.
 *
 * <p>Replies without payload are so short that the kernel's count says only whether all were read. They are held if the
 * client has had more requests in flight lately than one turn is to bring; with fewer, the pause costs more than the
 * calls (with 4, 8 and 16 writes of 4 KiB in flight, 1.8, 1.4 and 1.2 times as many without).
 *
 * <p>One for each connection, owned by its agent.
 */
final class Gathering {

    /** More do not help: at sixteen, the cost of a system call is already a small part of a request's. */
    static final int MAX_COUNT = 16;
    /** Replies of this many bytes cost so much to copy that the calls no longer matter. */
    static final int MAX_HELD_LENGTH = 64 * 1024;
    /**
     * What the client must have unread beyond what is held: about twelve replies of 4 KiB in buffers of 8 KiB. With
     * half of it, a client with 16 in flight had 0.85 of what it has now; one with 32 the same.
     */
    static final int MARGIN = 96 * 1024;
    /** Held replies below this carry no payload. */
    static final int PLAIN_HELD_LENGTH = 4 * 1024;

    /** About what a client needs to read one reply and to send the next request. */
    private static final int REQUEST_NS = 4_000;

    private static final int MIN_PAUSE_NS = 8_000;
    private static final int MAX_PAUSE_NS = 20_000;

    /** After so many turns of few requests the client is taken for one that has few in flight; a tenth of a second. */
    static final int DEEP_TURNS = 4096;

    private int deepTurns;

    /** @param count requests that were taken in a turn that has ended */
    void onTurn(long count) {
        if (count > MAX_COUNT) {
            deepTurns = DEEP_TURNS;
        } else if (deepTurns > 0) {
            deepTurns--;
        }
    }

    /** Whether it is worth to ask what the client has unread. Parameters as for {@link #pauseNs}. */
    boolean mayHold(long count, long heldLength) {
        return heldLength > 0 && count < MAX_COUNT && heldLength < MAX_HELD_LENGTH
                && (!isPlain(heldLength) || deepTurns > 0);
    }

    private static boolean isPlain(long heldLength) {
        return heldLength < PLAIN_HELD_LENGTH;
    }

    /**
     * @param count        requests taken in this turn
     * @param heldLength   bytes of replies that are not sent; if there are none, a pause would only delay the next one
     * @param unreadLength bytes that the client has not read, with the kernel's own overhead
     * @return nanoseconds to wait before the next receive; 0: send now
     */
    long pauseNs(long count, long heldLength, long unreadLength) {
        if (!mayHold(count, heldLength) || unreadLength <= (isPlain(heldLength) ? 0 : heldLength + MARGIN)) {
            return 0;
        }
        return Math.max(MIN_PAUSE_NS, Math.min(MAX_PAUSE_NS, (MAX_COUNT - count) * REQUEST_NS));
    }
}
