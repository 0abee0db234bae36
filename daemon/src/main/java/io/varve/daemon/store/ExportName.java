package io.varve.daemon.store;

import java.util.Optional;

/**
 * {@code IMAGE[:TAG][@CLIENT]}: what an NBD client asks for.
 *
 * <p>Immutable.
 */
public final class ExportName {

    private final ImageName image;
    private final String client;

    /** @throws NameException if {@code client} breaks the rules of {@link Names} */
    ExportName(ImageName image, String client) {
        this.image = image;
        this.client = client == null ? null : Names.checkClient(client);
    }

    /** @throws NameException if {@code text} is not {@code IMAGE[:TAG][@CLIENT]} */
    public static ExportName parse(String text) {
        int at = text.indexOf('@');
        return at < 0
                ? new ExportName(ImageName.parse(text), null)
                : new ExportName(ImageName.parse(text.substring(0, at)), text.substring(at + 1));
    }

    /** @throws NameException if there is no client in {@code text}, or it breaks the rules */
    public static ExportName parseWithClient(String text) {
        ExportName name = parse(text);
        if (name.client == null) {
            throw new NameException("'" + Names.shown(text) + "': a client's overlay is meant here, IMAGE@CLIENT");
        }
        return name;
    }

    public ImageName image() {
        return image;
    }

    public Optional<String> client() {
        return Optional.ofNullable(client);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ExportName that && toString().equals(that.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    @Override
    public String toString() {
        return client == null ? image.toString() : image + "@" + client;
    }
}
