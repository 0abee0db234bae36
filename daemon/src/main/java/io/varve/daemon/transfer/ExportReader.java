package io.varve.daemon.transfer;

import java.io.IOException;

/** Goes through a disk and says what is to be written. Owned by the thread that reads. */
interface ExportReader {

    /**
     * Fills an empty batch, as far as it holds.
     *
     * @return whether there may be more
     */
    boolean fill(ExportBatch batch) throws IOException;
}
