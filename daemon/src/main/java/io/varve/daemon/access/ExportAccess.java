package io.varve.daemon.access;

import io.varve.nbd.export.Peer;
import java.util.List;
import java.util.Optional;

/**
 * One kind of export: which images it is about, and who may use them.
 *
 * @param pattern     of image names
 * @param description what clients are told; empty: what the store says
 * @param rules       the first that admits a client holds for it
 * @param clients     where {@code @CLIENT} comes from
 */
public record ExportAccess(ImagePattern pattern, String description, List<AccessRule> rules, Clients clients) {

    public ExportAccess {
        rules = List.copyOf(rules);
    }

    /** How a client comes to the name that its overlay is kept under. */
    public enum Clients {
        /** It asks for {@code IMAGE@CLIENT}, and is believed. */
        CHOOSE,
        /** It is the common name of its certificate, whether it asks for it or for no name; others do not exist. */
        FROM_CERTIFICATE,
        /** The same for the user of its pre-shared key. */
        FROM_KEY;

        /** The one name that a client may have; empty if it proved none. */
        private String proved(Peer peer) {
            return this == FROM_KEY ? peer.keyUser() : peer.commonName();
        }
    }

    /** @param image {@code NAME[:TAG]} */
    public boolean isFor(String image) {
        return pattern.matches(image);
    }

    /** What stands behind {@code @} for a client that may use the export; empty if it may choose. */
    Optional<String> boundName(Peer peer) {
        return clients == Clients.CHOOSE ? Optional.empty() : Optional.of(clients.proved(peer));
    }

    /** The rule that holds for a client; empty if it may not use the export. */
    Optional<AccessRule> ruleFor(Peer peer) {
        if (clients != Clients.CHOOSE && clients.proved(peer).isEmpty()) {
            return Optional.empty();
        }
        return rules.stream().filter(rule -> rule.admits(peer)).findFirst();
    }
}
