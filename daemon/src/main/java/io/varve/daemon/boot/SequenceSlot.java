package io.varve.daemon.boot;

import java.io.IOException;
import java.util.Optional;

/**
 * Where the learned sequence of one image is kept.
 *
 * <p>Thread-safe because implementations say so: boots of one image start and end on several workers.
 */
public interface SequenceSlot {

    /**
     * What earlier boots taught.
     *
     * @throws IOException if there is one that cannot be read; a boot then goes on as if there were none
     */
    Optional<Sequence> load() throws IOException;

    /** Keeps the sequence durably, in place of an older one. */
    void store(Sequence sequence) throws IOException;

    /** The image whose boots share the slot; also the key under which one recorder at a time is admitted. */
    String imageName();
}
