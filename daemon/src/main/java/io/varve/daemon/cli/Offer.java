package io.varve.daemon.cli;

import io.varve.daemon.store.ImageLink;
import io.varve.daemon.store.ImageName;
import java.util.ArrayList;
import java.util.List;

/**
 * What clients may ask for.
 *
 * <p>Immutable.
 *
 * @param images images of the store
 * @param files  image files that are served where they are
 */
public record Offer(List<ImageName> images, List<ImageLink> files) {

    /** Every image of the store, also those that come later. */
    public static final Offer EVERYTHING = new Offer(List.of(), List.of());

    public Offer {
        images = List.copyOf(images);
        files = List.copyOf(files);
    }

    /** Names of both; empty: every image of the store. */
    public List<ImageName> names() {
        List<ImageName> names = new ArrayList<>(images);
        files.forEach(file -> names.add(file.image()));
        return names;
    }
}
