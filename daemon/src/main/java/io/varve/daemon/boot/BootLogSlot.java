package io.varve.daemon.boot;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Where what was written down of the boots of one disk is kept.
 *
 * <p>Thread-safe because implementations say so.
 */
public interface BootLogSlot {

    /** For messages. */
    String imageName();

    /** Who boots; empty if it has no name. */
    Optional<String> client();

    /** Ids of the chain, base first. */
    List<String> layers();

    /** Index in {@link #layers} of the layer that a blob of the chain belongs to. Not to be changed. */
    int[] layerOfBlob();

    /** May wait. What cannot be kept is lost, and that does no harm. */
    void keep(LoggedBoot boot) throws IOException;
}
