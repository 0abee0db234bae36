package io.varve.daemon.disk;

import io.varve.daemon.counters.Counter;
import io.varve.daemon.overlay.CommitListener;
import io.varve.nbd.export.Reply;
import java.io.IOException;
import java.util.ArrayDeque;

/**
 * Makes what was written stable, for FLUSH and for requests with FUA.
 *
 * <p>Owned by the agent of the disk.
 */
final class CommitPath {

    private final DiskCore core;
    private final ArrayDeque<Waiter> pool = new ArrayDeque<>();
    /** Flushes that came while writes were held. */
    private final ArrayDeque<Reply> held = new ArrayDeque<>();

    CommitPath(DiskCore core) {
        this.core = core;
    }

    /** Completes when everything that was replied to before is stable. */
    void flush(Reply reply) {
        if (core.overlay() == null) {
            core.statistics().addRequest(Counter.FLUSHES);
            reply.complete();
        } else if (core.writes().isHeld()) {
            reply.park();
            held.addLast(reply);
        } else {
            commit(reply, "flush");
        }
    }

    /** After writes were held: what was written before is with the overlay of then, and stable. */
    void release() {
        while (!held.isEmpty()) {
            commit(held.pollFirst(), "flush");
        }
    }

    /** @param what the request whose effects were written just now, for the log */
    void commit(Reply reply, String what) {
        core.statistics().addRequest(Counter.FLUSHES);
        Waiter waiter = pool.pollLast();
        if (waiter == null) {
            waiter = new Waiter();
        }
        waiter.begin(reply, what);
        core.overlay().commit(waiter);
        if (waiter.reply == reply) {
            reply.park();
        }
    }

    /** One reply that waits for a commit. Owned by the agent of the disk. */
    private final class Waiter implements CommitListener {

        private Reply reply;
        private String what;

        void begin(Reply newReply, String newWhat) {
            reply = newReply;
            what = newWhat;
        }

        @Override
        public void onCommitted(IOException failure) {
            final Reply waiting = reply;
            final String request = what;
            reply = null;
            pool.addLast(this);
            if (failure == null) {
                waiting.complete();
            } else {
                core.fail(waiting, failure, request, 0, 0);
            }
        }
    }
}
