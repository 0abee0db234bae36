package io.varve.it.format;

import java.nio.file.Path;
import java.util.UUID;

/**
 * A file that others can be made on.
 *
 * <p>Immutable.
 *
 * @param id by which children know it
 */
record ChainFile(Path path, UUID id) {

    /** When every file is made, seconds since the epoch of Unix; children in VHD repeat it. */
    static final long TIME = 1_700_000_000;

    /** Seconds from 1970 to 2000, where the times of VHDs start. */
    static final long YEAR_2000 = 946_684_800;
}
