package io.varve.daemon.cli;

import java.time.Duration;
import java.util.Locale;

/** Numbers for people. Immutable. */
final class Units {

    private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    private static final int STEP = 1024;

    private Units() {}

    /** For example {@code 512 B}, {@code 1.5 GiB}. */
    static String bytes(long count) {
        double value = count;
        int unit = 0;
        while (value >= STEP && unit < BINARY.length - 1) {
            value /= STEP;
            unit++;
        }
        return unit == 0 ? count + " B" : String.format(Locale.ROOT, "%.1f %s", value, BINARY[unit]);
    }

    /** For example {@code 1 layer}, {@code 2 layers}. */
    static String count(long count, String what) {
        return count(count, what, what + "s");
    }

    static String count(long count, String one, String many) {
        return count + " " + (count == 1 ? one : many);
    }

    /** For example {@code 42 s}, {@code 3 min 5 s}, {@code 2 d 4 h}. */
    static String duration(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return seconds / 60 + " min " + seconds % 60 + " s";
        }
        if (seconds < 86_400) {
            return seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
        }
        return seconds / 86_400 + " d " + seconds % 86_400 / 3600 + " h";
    }

    /** For example {@code 1.2 ms}, {@code 3.4 s}. */
    static String micros(long us) {
        if (us < 1000) {
            return us + " us";
        }
        return us < 1_000_000
                ? String.format(Locale.ROOT, "%.1f ms", us / 1000.0)
                : String.format(Locale.ROOT, "%.1f s", us / 1_000_000.0);
    }

    /** For example {@code 97.5 %}; of nothing, {@code -}. */
    static String share(long part, long whole) {
        return whole == 0 ? "-" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / whole);
    }
}
