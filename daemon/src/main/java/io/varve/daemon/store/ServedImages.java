package io.varve.daemon.store;

import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportException.Kind;
import java.io.IOException;
import java.util.List;

/**
 * Which images of the store clients may ask for: those that were named, or whatever the store holds at the moment.
 *
 * <p>Thread-safe because it keeps only the names it was given; the store answers the rest.
 */
final class ServedImages {

    private final Store store;
    private final List<ImageName> named;

    /** @param named empty: all, also those that come later */
    ServedImages(Store store, List<ImageName> named) {
        this.store = store;
        this.named = List.copyOf(named);
    }

    /** Sorted, or as they were named. */
    List<ImageName> list() throws IOException {
        return named.isEmpty() ? store.images() : named;
    }

    /**
     * @param text as a client sent it; empty means the one image that is served
     * @throws ExportException if that is not one of ours
     */
    ExportName resolve(String text) throws ExportException, IOException {
        if (text.isEmpty()) {
            List<ImageName> all = list();
            if (all.size() != 1) {
                throw new ExportException(Kind.UNKNOWN, "no default export: " + all.size()
                        + " images are served here, ask for one by name");
            }
            return new ExportName(all.get(0), null);
        }
        ExportName name;
        try {
            name = ExportName.parse(text);
        } catch (NameException e) {
            throw new ExportException(Kind.UNKNOWN, "no such export: " + e.getMessage(), e);
        }
        boolean served = named.isEmpty() ? store.contains(name.image()) : named.contains(name.image());
        if (!served) {
            throw new ExportException(Kind.UNKNOWN, "no such export: image '" + name.image() + "' is not served here");
        }
        return name;
    }
}
