package io.varve.daemon.cli;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Times as people write them: {@code 0}, {@code 90s}, {@code 30m}, {@code 24h}, {@code 7d}. Immutable. */
final class DurationConverter implements ITypeConverter<Duration> {

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})([smhd])|0");
    private static final Map<String, ChronoUnit> UNITS = Map.of(
            "s", ChronoUnit.SECONDS, "m", ChronoUnit.MINUTES, "h", ChronoUnit.HOURS, "d", ChronoUnit.DAYS);

    @Override
    public Duration convert(String text) {
        Matcher duration = DURATION.matcher(text);
        if (!duration.matches()) {
            throw new TypeConversionException("'" + text.replaceAll("[^ -~]", "?")
                    + "' is no time: write a number with s, m, h or d, or 0");
        }
        return duration.group(1) == null
                ? Duration.ZERO
                : Duration.of(Long.parseLong(duration.group(1)), UNITS.get(duration.group(2)));
    }
}
