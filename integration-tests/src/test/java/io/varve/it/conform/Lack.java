package io.varve.it.conform;

import java.util.List;

/**
 * What cannot be tested with a server, because it does not have it. Its tests are skipped, and the report says why.
 *
 * @param of the {@link Way}, the {@link Link.Style} or the method that cannot run
 *
 * <p>Immutable.
 */
record Lack(Peer peer, String of, String reason) {

    private static final List<Lack> ALL = List.of(
            new Lack(Peer.NBDKIT, "EXTENDED", "this nbdkit has no extended headers"),
            new Lack(Peer.QEMU_NBD, "EXTENDED", "this qemu-nbd has no extended headers"),
            new Lack(Peer.QEMU_NBD, "OFFERED", "qemu-nbd has TLS for everybody or for nobody"),
            new Lack(Peer.NBDKIT, "shouldTellPlacesFourGibibytesApart", "this nbdkit has a small disk"),
            new Lack(Peer.QEMU_NBD, "shouldTellPlacesFourGibibytesApart", "this qemu-nbd has a small disk"),
            new Lack(Peer.NBDKIT, "shouldRefuseWhatComesWhenItStops",
                    "from outside nobody can tell when a stop of nbdkit has begun"),
            new Lack(Peer.QEMU_NBD, "shouldRefuseWhatComesWhenItStops",
                    "from outside nobody can tell when a stop of qemu-nbd has begun"));

    static List<Lack> all() {
        return ALL;
    }

    /** Null if nothing is lacking. */
    static Lack of(Peer peer, String... needed) {
        return ALL.stream()
                .filter(lack -> lack.peer == peer && List.of(needed).contains(lack.of))
                .findFirst()
                .orElse(null);
    }
}
