package io.varve.perf.macro;

import io.varve.perf.macro.Place.Transport;
import java.io.IOException;
import java.util.List;

/**
 * A server that does no work ({@code perf/src/main/c/limit.c}): what sockets and client allow at best. Where a peer is
 * close to it, no server can be much faster than that peer.
 *
 * <p>Owned by the main thread.
 */
final class Limit extends ProcessServer {
    /** Of the program: bytes of a request. */
    static final int MAX_BLOCK_LENGTH = 128 << 10;
    private static final long COMPILE_LIMIT_SECONDS = 60;

    Limit(Workbench bench, Place place) {
        super(bench, Contender.LIMIT, place);
    }

    @Override
    void prepare() throws IOException, InterruptedException {
        bench.commands().run(List.of("cc", "-O2", "-pthread", "-o", program(), bench.source("limit.c")),
                COMPILE_LIMIT_SECONDS);
    }

    @Override
    List<String> command() {
        return List.of(program(), Long.toString(bench.size()),
                place().transport() == Transport.UNIX ? socket().toString() : Integer.toString(port()));
    }

    private String program() {
        return bench.path("limit").toString();
    }
}
