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

    private static final List<Deviation> ALL = List.of(
            new Deviation(Peer.NBDKIT, "shouldSayEachThingOnce",
                    "repeats an information that was asked for twice", "duplicate"),
            new Deviation(Peer.NBDKIT, "shouldForgetASelectionAlsoWhenTheNextIsNoneAtAll",
                    "keeps the selection when SET_META_CONTEXT is invalid", "selected contexts"),
            new Deviation(Peer.NBDKIT, "shouldAnswerEverythingBeforeItGoes",
                    "fails requests with ESHUTDOWN that came before DISC", "but was: 108"),
            new Deviation(Peer.NBDKIT, "shouldRefuseFastZeroIfNotOffered",
                    "aborts", "hung up"),
            new Deviation(Peer.NBDKIT, "shouldSelectEachContextOnce",
                    "selects a context twice that was asked for twice", "duplicate"),
            new Deviation(Peer.NBDKIT, "shouldNotKnowContextsOfAnUnknownExport",
                    "does not look at the export name of meta contexts", "Expected size: 1 but was: 2"),
            new Deviation(Peer.NBDKIT, "shouldRefuseQueriesThatDoNotAddUp",
                    "takes trailing bytes of meta contexts for legal", "trailing"),
            new Deviation(Peer.QEMU_NBD, "shouldRefuseQueriesThatDoNotAddUp",
                    "takes trailing bytes of meta contexts for legal", "trailing"),
            new Deviation(Peer.QEMU_NBD, "shouldRefuseNamesThatAreNoStrings",
                    "sends a name that is no UTF-8 back in the text of the error", "not UTF-8"),
            new Deviation(Peer.QEMU_NBD, "shouldAnswerEverythingBeforeItGoes",
                    "drops replies in flight at DISC", "hung up"),
            new Deviation(Peer.QEMU_NBD, "shouldRefuseToChangeAReadOnlyExport",
                    "answers EINVAL, not EPERM", "[WRITE]"),
            new Deviation(Peer.QEMU_NBD, "shouldSayErrorsInPlainWords",
                    "sends control characters of a name back in the text of the error", "Cntrl"));

    static List<Deviation> all() {
        return ALL;
    }

    /** Null if the server is expected to pass. */
    static Deviation of(Peer peer, String test) {
        return ALL.stream().filter(one -> one.peer == peer && one.test.equals(test)).findFirst().orElse(null);
    }
}
