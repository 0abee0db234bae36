package io.varve.perf.macro;

import java.io.IOException;
import java.util.List;

/**
 * A server that does no work ({@code perf/src/main/c/limit.c}): what sockets and client allow at best. Where a peer is
 * close to it, no server can be much faster than that peer.
 *
 * <p>Owned by the main thread.
 */
final class Limit extends ProcessServer {
    static final String NAME = "limit";
    private static final long COMPILE_LIMIT_SECONDS = 60;

    Limit(Workbench bench) {
        super(bench, NAME);
    }

    @Override
    List<Tool> tools() {
        return List.of(Tool.CC);
    }

    @Override
    void prepare() throws IOException, InterruptedException {
        bench.commands().run(List.of("cc", "-O2", "-pthread", "-o", program(), bench.source("limit.c")),
                COMPILE_LIMIT_SECONDS);
    }

    @Override
    List<String> command() {
        return List.of(program(), Long.toString(bench.size()), socket().toString());
    }

    private String program() {
        return bench.path("limit").toString();
    }
}
