package io.varve.daemon.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a number of bytes as people write it: {@code 4096}, {@code 500K}, {@code 20M}, {@code 1G}. Immutable. */
final class ByteCount implements ITypeConverter<Long> {

    private static final Pattern FORM = Pattern.compile("([0-9]{1,12})([KMG]?)(?:i?B)?", Pattern.CASE_INSENSITIVE);
    private static final int SHIFT_PER_UNIT = 10;

    @Override
    public Long convert(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new TypeConversionException("'" + text + "' is not a number of bytes, such as 500K or 20M");
        }
        String unit = form.group(2).toUpperCase(Locale.ROOT);
        int shift = unit.isEmpty() ? 0 : SHIFT_PER_UNIT * ("KMG".indexOf(unit) + 1);
        return Long.parseLong(form.group(1)) << shift;
    }
}
