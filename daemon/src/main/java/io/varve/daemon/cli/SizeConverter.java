package io.varve.daemon.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Bytes as people write them: {@code 4096}, {@code 512M}, {@code 20GiB}; units are powers of 1024. Immutable. */
final class SizeConverter implements ITypeConverter<Long> {

    private static final Pattern SIZE = Pattern.compile("([0-9]{1,18})([KMGT])?(I?B)?");
    private static final String UNITS = "KMGT";

    @Override
    public Long convert(String text) {
        Matcher size = SIZE.matcher(text.toUpperCase(Locale.ROOT));
        if (!size.matches()) {
            throw wrong(text);
        }
        int shift = size.group(2) == null ? 0 : 10 * (1 + UNITS.indexOf(size.group(2)));
        long number = Long.parseLong(size.group(1));
        if (number > Long.MAX_VALUE >> shift) {
            throw wrong(text);
        }
        return number << shift;
    }

    private static TypeConversionException wrong(String text) {
        return new TypeConversionException("'" + text.replaceAll("[^ -~]", "?")
                + "' is no size: write bytes, or a number with K, M, G or T");
    }
}
