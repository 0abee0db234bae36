package io.varve.daemon.access;

import io.varve.nbd.export.Peer;
import java.util.List;
import java.util.Set;

/**
 * Whom an export is for. Every list that is not empty must hold the client; a rule without lists is for everybody.
 *
 * @param userIds          of the process at the other end of a unix socket
 * @param networks         that its address is in
 * @param certificateNames common name, or an alternative name, of the certificate that it showed
 * @param keyUsers         whose pre-shared key it has; a name space of its own, so that who may write a line into the
 *                         file of keys cannot become a certificate
 * @param rights           what it may do
 */
public record AccessRule(
        Set<Long> userIds, List<Network> networks, Set<NamePattern> certificateNames, Set<NamePattern> keyUsers,
        Rights rights) {

    /** For everybody, with all rights. */
    public static final AccessRule EVERYBODY = new AccessRule(Set.of(), List.of(), Set.of(), Set.of(), Rights.WRITE);

    public AccessRule {
        userIds = Set.copyOf(userIds);
        networks = List.copyOf(networks);
        certificateNames = Set.copyOf(certificateNames);
        keyUsers = Set.copyOf(keyUsers);
    }

    /** What a client may do with an export. */
    public enum Rights {
        READ,
        WRITE
    }

    boolean admits(Peer peer) {
        return (userIds.isEmpty() || userIds.contains(peer.userId()))
                && (networks.isEmpty() || networks.stream().anyMatch(network -> network.contains(peer.address())))
                && (certificateNames.isEmpty() || has(certificateNames, peer.commonName())
                        || peer.alternativeNames().stream().anyMatch(name -> has(certificateNames, name)))
                && (keyUsers.isEmpty() || has(keyUsers, peer.keyUser()));
    }

    private static boolean has(Set<NamePattern> patterns, String name) {
        return patterns.stream().anyMatch(pattern -> pattern.matches(name));
    }
}
