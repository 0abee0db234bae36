package io.varve.daemon.layer;

import java.util.List;

/**
 * Names a sealed layer: the SHA-256 of its manifest, 64 lower-case hexadecimal digits. A valid id is also a safe file
 * name.
 *
 * <p>Immutable.
 */
public record LayerId(String hex) {

    private static final int LENGTH = 64;
    private static final int SHORT_LENGTH = 12;

    public LayerId {
        if (!isHex(hex)) {
            throw new IllegalArgumentException("a layer id has " + LENGTH + " digits from 0 to 9 and a to f");
        }
    }

    /** @throws IllegalArgumentException if one of them is no id */
    public static List<LayerId> list(List<String> hexes) {
        return hexes.stream().map(LayerId::new).toList();
    }

    /** Enough to tell the layers of one store apart, for people. */
    public String abbreviated() {
        return hex.substring(0, SHORT_LENGTH);
    }

    @Override
    public String toString() {
        return hex;
    }

    static boolean isHex(String text) {
        if (text.length() != LENGTH) {
            return false;
        }
        for (int i = 0; i < LENGTH; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }
}
