package io.varve.daemon.layer;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.io.BlockSource;
import java.io.IOException;

/**
 * A layer in another form than this package's, which does not change either: an overlay that was frozen by a snapshot
 * and is not sealed yet.
 *
 * <p>Thread-safe because it does not change; the chain that opened it closes it once.
 */
public interface FrozenLayer extends AutoCloseable {

    /** @param blobIndex what its extents shall call its data */
    ExtentList extents(int blobIndex);

    /** What its extents point into, 4096 bytes per page. */
    BlockSource data();

    @Override
    void close() throws IOException;

    /** Finds frozen layers. Thread-safe because implementations keep nothing. */
    @FunctionalInterface
    interface Finder {

        /** Where there are none. */
        Finder NONE = id -> null;

        /**
         * @return null if the layer is not a frozen one
         * @throws io.varve.daemon.io.CorruptDataException if it is damaged
         */
        FrozenLayer find(LayerId id) throws IOException;
    }
}
