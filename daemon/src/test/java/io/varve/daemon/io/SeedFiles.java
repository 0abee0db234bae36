package io.varve.daemon.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * What the search of a fuzz target begins with: real files, kept in the repository as resources. They are made by the
 * code that writes them, so that they are not forgotten when it changes; {@code -Dvarve.seeds=write} renews them.
 */
public final class SeedFiles {

    private static final String MODE = "varve.seeds";

    private SeedFiles() {}

    /**
     * Fails unless the seeds of a target are these.
     *
     * @param seeds content by name
     */
    public static void check(Class<?> fuzzTest, String target, Map<String, byte[]> seeds) throws IOException {
        String directory = fuzzTest.getSimpleName() + "Inputs/" + target + "/";
        for (Map.Entry<String, byte[]> seed : seeds.entrySet()) {
            String name = directory + seed.getKey();
            if ("write".equals(System.getProperty(MODE))) {
                Path file = Path.of("src/test/resources", fuzzTest.getPackageName().replace('.', '/'), name);
                Files.createDirectories(file.getParent());
                Files.write(file, seed.getValue());
            } else if (!Arrays.equals(read(fuzzTest, name), seed.getValue())) {
                throw new AssertionError("seed " + name + " is missing or not what is written today: renew it with -D"
                        + MODE + "=write, and read the difference");
            }
        }
    }

    private static byte[] read(Class<?> fuzzTest, String name) throws IOException {
        try (InputStream seed = fuzzTest.getResourceAsStream(name)) {
            return seed == null ? null : seed.readAllBytes();
        }
    }
}
