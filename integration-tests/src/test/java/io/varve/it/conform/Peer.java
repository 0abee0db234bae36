package io.varve.it.conform;

import io.varve.it.tool.Tool;

/** Who is tested. */
enum Peer {
    VARVE("varve", ""),
    NBDKIT("nbdkit", "1.32.5"),
    QEMU_NBD("qemu-nbd", "7.2.22");

    private final String program;
    private final String knownVersion;

    /** @param knownVersion the one that {@link Deviation} tells of */
    Peer(String program, String knownVersion) {
        this.program = program;
        this.knownVersion = knownVersion;
    }

    /** @param target as {@code varve.conform.target} has it */
    static Peer named(String target) {
        for (Peer peer : values()) {
            if (peer.program.equals(target)) {
                return peer;
            }
        }
        throw new IllegalArgumentException("varve.conform.target is varve, nbdkit or qemu-nbd, not " + target);
    }

    String program() {
        return program;
    }

    /** Says for which version the deviations are listed, and which one is here. */
    String versions() {
        return program + " " + knownVersion + "; here is "
                + Tool.run(program, "--version").out().lines().findFirst().orElse("nothing");
    }
}
