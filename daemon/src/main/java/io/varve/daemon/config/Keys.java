package io.varve.daemon.config;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The keys of each table of the file. Immutable. */
enum Keys {
    TOP("store", "agents", "memory", "listener", "export", "limits", "upkeep"),
    LISTENER("uri", "mode", "tls", "certificates", "psk", "verify-peer"),
    EXPORT("image", "description", "overlay", "quota", "read-only", "client-from-certificate",
            "client-from-psk", "rule"),
    RULE("users", "addresses", "certificates", "psk", "write"),
    LIMITS("connections", "connections-per-peer", "handshake-deadline", "idle-deadline", "stall-deadline", "memory"),
    UPKEEP("scrub-rate", "max-layers", "copy-rate", "boot-packs");

    private final List<String> names;

    Keys(String... names) {
        this.names = List.of(names);
    }

    List<String> names() {
        return names;
    }

    /** What was meant, perhaps: the known key that is a few letters away. */
    Optional<String> nearest(String unknown) {
        return names.stream()
                .filter(name -> distance(name, unknown) <= 1 + name.length() / 3)
                .min(Comparator.comparingInt(name -> distance(name, unknown)));
    }

    /** Letters to insert, delete or replace. */
    private static int distance(String a, String b) {
        if (Math.abs(a.length() - b.length()) > a.length()) {
            return Integer.MAX_VALUE;
        }
        int[] above = new int[b.length() + 1];
        Arrays.setAll(above, i -> i);
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[b.length()];
    }
}
