package io.varve.it.conform;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What a server is known to do against a rule, or otherwise than the suite expects. The versions are those of
 * {@link Peer}.
 *
 * @param at       the {@link Way} or {@link Link.Style} where it shows, or empty: everywhere
 * @param tests    names of the methods that see it
 * @param does     what the server does
 * @param evidence matches a part of the message that the tests fail with
 *
 * <p>Immutable.
 */
record Deviation(Peer peer, Shows shows, String at, List<String> tests, String does, Pattern evidence) {

    /** How often. */
    enum Shows {
        ALWAYS,
        /** It depends on who is faster. */
        SOMETIMES
    }

    private static final List<Deviation> ALL = List.of(
            always(Peer.NBDKIT, "", "repeats an information that was asked for twice", "duplicate",
                    "shouldSayEachThingOnce"),
            always(Peer.NBDKIT, "", "keeps the selection when SET_META_CONTEXT is invalid", "selected contexts",
                    "shouldForgetASelectionAlsoWhenTheNextIsNoneAtAll"),
            always(Peer.NBDKIT, "", "selects a context twice that was asked for twice", "duplicate",
                    "shouldSelectEachContextOnce"),
            always(Peer.NBDKIT, "", "does not look at the export name of meta contexts",
                    "Expected size: 1 but was: 2", "shouldNotKnowContextsOfAnUnknownExport"),
            always(Peer.NBDKIT, "", "takes trailing bytes of meta contexts for legal", "trailing",
                    "shouldRefuseQueriesThatDoNotAddUp"),
            always(Peer.NBDKIT, "", "aborts on FAST_ZERO if it was not offered", "hung up|accepts no connection",
                    "shouldRefuseFastZeroIfNotOffered"),
            sometimes(Peer.NBDKIT, "", "fails requests with ESHUTDOWN that came before DISC", "but was: 108",
                    "shouldAnswerEverythingBeforeItGoes"),
            sometimes(Peer.NBDKIT, "", "aborts when clients leave with replies outstanding",
                    "hung up|accepts no connection",
                    "shouldSurviveClientsThatLeaveWithRepliesOutstanding", "shouldSurviveClientsThatVanish"),
            always(Peer.NBDKIT, "TLS", "loses the connection behind a refused WRITE", "hung up|breaks TLS",
                    "shouldRefuseToChangeAReadOnlyExport", "shouldRefuseWhatLiesBeyondTheEnd",
                    "shouldNotWrapAroundAtTheEndOfTheNumbers", "shouldRefuseUnknownFlags",
                    "shouldRefuseFlagsOfOtherCommands", "shouldTakeInThePayloadOfAWriteBeyondTheEnd"),
            always(Peer.QEMU_NBD, "", "takes trailing bytes of meta contexts for legal", "trailing",
                    "shouldRefuseQueriesThatDoNotAddUp"),
            always(Peer.QEMU_NBD, "", "sends a name that is no UTF-8 back in the text of the error", "not UTF-8",
                    "shouldRefuseNamesThatAreNoStrings"),
            always(Peer.QEMU_NBD, "", "sends control characters of a name back in the text of the error", "Cntrl",
                    "shouldSayErrorsInPlainWords"),
            always(Peer.QEMU_NBD, "", "answers EINVAL, not EPERM", "\\[WRITE\\]",
                    "shouldRefuseToChangeAReadOnlyExport"),
            always(Peer.QEMU_NBD, "", "drops replies in flight at DISC", "hung up",
                    "shouldAnswerEverythingBeforeItGoes"),
            always(Peer.QEMU_NBD, "", "loses step behind trailing bytes of meta contexts", "hung up",
                    "shouldStayInStepBehindTrailingBytes"),
            always(Peer.QEMU_NBD, "", "hangs up on a WRITE of more than 32 MiB", "hung up",
                    "shouldRefuseLongerPayloadsAndGoOn"),
            always(Peer.QEMU_NBD, "", "leaves Nagle's algorithm on", "none did", "shouldSendSmallRepliesAtOnce"),
            always(Peer.QEMU_NBD, "", "ends the connection without ending TLS", "without ending TLS",
                    "shouldEndTlsBeforeTheConnection"),
            always(Peer.QEMU_NBD, "TLS", "hangs up on STARTTLS with data where it demands TLS", "hung up",
                    "shouldNeverAcknowledgeStartTlsWithData"),
            always(Peer.QEMU_NBD, "PSK", "hangs up on STARTTLS with data where it demands TLS", "hung up",
                    "shouldNeverAcknowledgeStartTlsWithData"),
            always(Peer.QEMU_NBD, "", "demands TLS of ABORT too", "answer to ABORT",
                    "shouldAnswerNothingBeforeTlsWhereItIsDemanded"));

    private static Deviation always(Peer peer, String at, String does, String evidence, String... tests) {
        return new Deviation(peer, Shows.ALWAYS, at, List.of(tests), does, Pattern.compile(evidence));
    }

    private static Deviation sometimes(Peer peer, String at, String does, String evidence, String... tests) {
        return new Deviation(peer, Shows.SOMETIMES, at, List.of(tests), does, Pattern.compile(evidence));
    }

    static List<Deviation> all() {
        return ALL;
    }

    /** Null if the server is expected to pass. */
    static Deviation of(Server server, String test) {
        return ALL.stream()
                .filter(one -> one.peer == server.peer() && one.tests.contains(test) && one.isAt(server))
                .findFirst()
                .orElse(null);
    }

    private boolean isAt(Server server) {
        return at.isEmpty() || at.equals(server.way().name()) || at.equals(server.style().name());
    }

    @Override
    public String toString() {
        return peer.program() + " " + does + " (listed for " + peer.versions() + ")";
    }
}
