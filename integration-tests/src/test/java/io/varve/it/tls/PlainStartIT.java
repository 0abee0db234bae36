package io.varve.it.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon without TLS and without a file pays for neither. */
class PlainStartIT {

    /** Also classes of the JDK that only TLS needs. */
    private static final List<String> HEAVY = List.of("org.bouncycastle.", "org.tomlj.", "sun.security.ssl.",
            "javax.net.ssl.", "io.varve.daemon.serve.tls.");

    @TempDir
    Path directory;

    @Test
    void shouldLoadNothingForTlsOrForFiles() throws IOException {
        Path classes = directory.resolve("classes");
        Varve varve = new Varve(directory.resolve("store"));
        varve.run("import", RawImages.mixed(directory.resolve("small.raw"), RawImages.MIB, 6), "disk");
        try (Daemon daemon = varve.serveInJvm("-Xlog:class+load:file=" + classes)) {
            Tool.run("nbdinfo", "--list", daemon.uri(""));
            Tool.run("nbdcopy", daemon.uri("disk@alice"), "null:");
        }
        List<String> loaded = Files.readAllLines(classes);
        assertThat(loaded).anyMatch(line -> line.contains("io.varve.daemon.serve.Server "));
        assertThat(loaded).noneMatch(line -> HEAVY.stream().anyMatch(line::contains));
    }
}
