package io.varve.daemon.access;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names of images, {@code NAME[:TAG]}, in which {@code *} stands for any characters. The tag {@code latest} may be left
 * out, as in every name of an image.
 *
 * <p>Immutable.
 */
public final class ImagePattern {

    /** Every image. */
    public static final ImagePattern ALL = new ImagePattern("*");

    /** Characters; longer than any image's name, and short enough for many asterisks. */
    private static final int MAX_IMAGE_LENGTH = 256;
    private static final String IMPLIED_TAG = ":latest";

    private final String text;
    private final Pattern pattern;

    public ImagePattern(String text) {
        this.text = normal(text);
        this.pattern = Pattern.compile(Arrays.stream(this.text.split("\\*+", -1))
                .map(Pattern::quote)
                .collect(Collectors.joining(".*")));
    }

    boolean matches(String image) {
        return image.length() <= MAX_IMAGE_LENGTH && pattern.matcher(normal(image)).matches();
    }

    private static String normal(String image) {
        return image.endsWith(IMPLIED_TAG) ? image.substring(0, image.length() - IMPLIED_TAG.length()) : image;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ImagePattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
