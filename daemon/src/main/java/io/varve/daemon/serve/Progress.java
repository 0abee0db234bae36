package io.varve.daemon.serve;

import io.varve.nbd.session.Session;
import java.util.concurrent.TimeUnit;

/**
 * What a connection moved, as far as its deadlines need to know.
 *
 * <p>Design note: the way of a request only adds to two sums. Once a second the agent compares them with what they
 * were; so a deadline is met up to a second late, and costs a request nothing.
 *
 * <p>Owned by the ConnectionAgent of the connection.
 */
final class Progress {

    private long receivedLength;
    private long sentLength;

    private long markedReceivedLength;
    private long markedSentLength;
    private long receiveMarkNs;
    private long sendMarkNs;
    private long idleMarkNs;
    private long idleReceivedLength;

    Progress(long nowNs) {
        receiveMarkNs = nowNs;
        sendMarkNs = nowNs;
        idleMarkNs = nowNs;
    }

    void received(int length) {
        receivedLength += length;
    }

    void sent(int length) {
        sentLength += length;
    }

    /**
     * Looks at what happened since the last look.
     *
     * @param idleNs  deadline; 0: none
     * @param stallNs deadline; 0: none
     * @param unsent  whether something waits for the client to read
     * @return which deadline has passed, as the end of a sentence; empty: none
     */
    String overdue(Session session, boolean unsent, long nowNs, long idleNs, long stallNs) {
        if (!unsent || sentLength - markedSentLength >= Limits.LEAST_PROGRESS) {
            sendMarkNs = nowNs;
            markedSentLength = sentLength;
        }
        // While the session takes nothing, it is not the client who stalls.
        if (!session.isInsideRequest() || !session.wantsInput()
                || receivedLength - markedReceivedLength >= Limits.LEAST_PROGRESS) {
            receiveMarkNs = nowNs;
            markedReceivedLength = receivedLength;
        }
        if (receivedLength != idleReceivedLength || unsent || session.parkedCount() > 0) {
            idleMarkNs = nowNs;
            idleReceivedLength = receivedLength;
        }
        if (stallNs > 0 && nowNs - sendMarkNs >= stallNs) {
            return "it did not read its replies for " + seconds(nowNs - sendMarkNs);
        }
        if (stallNs > 0 && nowNs - receiveMarkNs >= stallNs) {
            return "it stopped inside a request for " + seconds(nowNs - receiveMarkNs);
        }
        if (idleNs > 0 && nowNs - idleMarkNs >= idleNs) {
            return "it was idle for " + seconds(nowNs - idleMarkNs);
        }
        return "";
    }

    private static String seconds(long ns) {
        return TimeUnit.NANOSECONDS.toSeconds(ns) + " s";
    }
}
