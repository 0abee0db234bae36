package io.varve.daemon.config;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.io.SeedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Invariants checked: any bytes are settings, or mistakes of one line each that begin with the name of the file. */
class ConfigFuzzTest {

    @Test
    void shouldHaveRealFilesAsSeeds() throws IOException {
        SeedFiles.check(ConfigFuzzTest.class, "shouldAnswerAnyFile", Map.of(
                "example", Files.readAllBytes(ConfigFileTest.EXAMPLE),
                "inline", text("listener = [ { uri = \"tcp://h:1\", tls = 'on', psk = \"\"\"k\"\"\" } ]\n"
                        + "export = [ { image = \"*\", rule = [ { users = [ 0 ], write = false } ] } ]\n"),
                "dotted", text("limits" + ".a".repeat(2000) + " = 1\n"),
                "nested", text("a = " + "[".repeat(64) + "{ b = 1979-05-27T07:32:00Z }")));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @FuzzTest
    void shouldAnswerAnyFile(byte[] content) {
        try {
            ConfigFile.parse(content, "f.toml", Path.of("/etc/varve"), ConfigFileTest.USERS);
        } catch (ConfigException e) {
            for (String mistake : e.mistakes()) {
                if (!mistake.startsWith("f.toml:") || mistake.length() > 400 || !mistake.matches("[ -~]+")) {
                    throw new AssertionError("not one readable line: " + mistake);
                }
            }
        }
    }
}
