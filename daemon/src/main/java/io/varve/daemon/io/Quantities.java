package io.varve.daemon.io;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and times as people write them, on the command line and in the configuration file. Immutable. */
public final class Quantities {

    private static final Pattern SIZE = Pattern.compile("([0-9]{1,18})([KMGT])?(I?B)?");
    private static final String UNITS = "KMGT";

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})([smhd])|0");
    private static final Map<String, ChronoUnit> TIMES = Map.of(
            "s", ChronoUnit.SECONDS, "m", ChronoUnit.MINUTES, "h", ChronoUnit.HOURS, "d", ChronoUnit.DAYS);

    private Quantities() {}

    /**
     * {@code 4096}, {@code 512M}, {@code 20GiB}; units are powers of 1024.
     *
     * @return bytes, 0 or more
     * @throws IllegalArgumentException with what is wrong, and what is allowed
     */
    public static long parseSize(String text) {
        Matcher size = SIZE.matcher(text.toUpperCase(Locale.ROOT));
        if (!size.matches()) {
            throw noSize(text);
        }
        int shift = size.group(2) == null ? 0 : 10 * (1 + UNITS.indexOf(size.group(2)));
        long number = Long.parseLong(size.group(1));
        if (number > Long.MAX_VALUE >> shift) {
            throw noSize(text);
        }
        return number << shift;
    }

    private static IllegalArgumentException noSize(String text) {
        return new IllegalArgumentException(
                "'" + Printable.of(text) + "' is no size: write bytes, or a number with K, M, G or T");
    }

    /**
     * {@code 0}, {@code 90s}, {@code 30m}, {@code 24h}, {@code 7d}.
     *
     * @throws IllegalArgumentException with what is wrong, and what is allowed
     */
    public static Duration parseDuration(String text) {
        Matcher duration = DURATION.matcher(text);
        if (!duration.matches()) {
            throw new IllegalArgumentException(
                    "'" + Printable.of(text) + "' is no time: write a number with s, m, h or d, or 0");
        }
        return duration.group(1) == null
                ? Duration.ZERO
                : Duration.of(Long.parseLong(duration.group(1)), TIMES.get(duration.group(2)));
    }
}
