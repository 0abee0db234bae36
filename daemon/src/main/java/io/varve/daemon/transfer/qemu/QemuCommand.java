package io.varve.daemon.transfer.qemu;

import java.io.File;
import java.util.List;

/** How tools of QEMU are run. Thread-safe because it has no state. */
final class QemuCommand {

    private QemuCommand() {}

    /** A tool that is told nothing but its words, and says in English what went wrong. */
    static ProcessBuilder of(List<String> words) {
        ProcessBuilder builder = new ProcessBuilder(words).redirectInput(new File("/dev/null"));
        builder.environment().put("LC_ALL", "C");
        // A socket that somebody gave us to listen on is none of its business.
        builder.environment().keySet().removeIf(name -> name.startsWith("LISTEN_"));
        return builder;
    }
}
