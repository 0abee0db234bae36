package io.varve.daemon.serve.tls;

import io.varve.daemon.io.Printable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * A file of pre-shared keys, as psktool and nbdkit write it: a line {@code user:hex} for each client.
 *
 * <p>Immutable.
 */
final class PskKeys {

    /** What psktool makes at least, and more than anybody can guess. */
    private static final int MIN_LENGTH = 16;

    private static final int MAX_SHOWN_LENGTH = 60;

    private final Map<String, byte[]> keys;

    private PskKeys(Map<String, byte[]> keys) {
        this.keys = keys;
    }

    static PskKeys read(Path file) throws IOException {
        Map<String, byte[]> keys = new HashMap<>();
        int lineNumber = 0;
        for (String line : SecretFile.readSecret(file).lines().toList()) {
            lineNumber++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            int colon = line.lastIndexOf(':');
            if (colon <= 0) {
                throw new IOException(file + ", line " + lineNumber + ": is not user:key");
            }
            String user = line.substring(0, colon);
            if (keys.put(user, key(file, lineNumber, line.substring(colon + 1).strip())) != null) {
                throw new IOException(file + ", line " + lineNumber + ": the user '"
                        + Printable.of(user, MAX_SHOWN_LENGTH) + "' has a key above, and one is allowed");
            }
        }
        if (keys.isEmpty()) {
            throw new IOException(file + " has no key: write a line user:key for each client");
        }
        return new PskKeys(keys);
    }

    private static byte[] key(Path file, int lineNumber, String hex) throws IOException {
        byte[] key;
        try {
            key = HexFormat.of().parseHex(hex);
        } catch (IllegalArgumentException e) {
            // The message of the cause would show the key.
            throw new IOException(file + ", line " + lineNumber + ": the key is not hexadecimal");
        }
        if (key.length < MIN_LENGTH) {
            throw new IOException(file + ", line " + lineNumber + ": the key has " + key.length + " bytes, and "
                    + MIN_LENGTH + " is the least: make one with psktool");
        }
        return key;
    }

    boolean has(String user) {
        return keys.containsKey(user);
    }

    /** @return a copy, because the library clears what it gets; null: no such user */
    byte[] of(String user) {
        byte[] key = keys.get(user);
        return key == null ? null : key.clone();
    }
}
