package io.varve.it.conform;

import io.varve.it.conform.Server.Peer;
import java.util.List;

/**
 * What a server is known to do against a rule, or otherwise than the suite expects.
 *
 * @param test     name of the method that sees it
 * @param does     what the server does
 * @param evidence part of the message that the test fails with
 *
 * <p>Immutable.
 */
record Deviation(Peer peer, String test, String does, String evidence) {

    private static final List<Deviation> ALL = List.of();

    /** Null if the server is expected to pass. */
    static Deviation of(Peer peer, String test) {
        return ALL.stream().filter(one -> one.peer == peer && one.test.equals(test)).findFirst().orElse(null);
    }
}
