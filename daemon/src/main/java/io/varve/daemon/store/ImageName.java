package io.varve.daemon.store;

/**
 * {@code name[:tag]}; the tag {@value #DEFAULT_TAG} is implied.
 *
 * <p>Immutable.
 */
public record ImageName(String name, String tag) implements Comparable<ImageName> {

    public static final String DEFAULT_TAG = "latest";

    /** @throws NameException if a part breaks the rules of {@link Names} */
    public ImageName {
        Names.checkImage(name);
        Names.checkTag(tag);
    }

    /** @throws NameException if {@code text} is not {@code name[:tag]} */
    public static ImageName parse(String text) {
        if (text.indexOf('@') >= 0) {
            throw new NameException(
                    "'" + Names.shown(text) + "': an image is meant here, NAME or NAME:TAG, without a client");
        }
        int colon = text.indexOf(':');
        return colon < 0
                ? new ImageName(text, DEFAULT_TAG)
                : new ImageName(text.substring(0, colon), text.substring(colon + 1));
    }

    /** The same image, with a client. */
    public ExportName at(String client) {
        return new ExportName(this, client);
    }

    @Override
    public int compareTo(ImageName other) {
        int byName = name.compareTo(other.name);
        return byName != 0 ? byName : tag.compareTo(other.tag);
    }

    /** The shortest form that {@link #parse} understands: what people type and clients see. */
    @Override
    public String toString() {
        return tag.equals(DEFAULT_TAG) ? name : name + ":" + tag;
    }
}
