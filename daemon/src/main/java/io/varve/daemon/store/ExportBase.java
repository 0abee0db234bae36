package io.varve.daemon.store;

import io.varve.daemon.disk.DiskContext;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.LayerId;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What an export stands on, and what becomes of writes to it.
 *
 * @param name   canonical
 * @param chain  layers as they are now, base first: those of the image, or those that the client's overlay is pinned to
 * @param noted  the same as the client's overlay has noted them, perhaps before some were replaced
 * @param size   bytes
 * @param booted layers of the image, as noted, if they are the lowest of the chain: then what boots of the image have
 *               taught is of use here; null if the overlay stands on another content than the image has now
 * @param writes what becomes of them
 */
record ExportBase(ExportName name, List<LayerId> chain, List<LayerId> noted, long size,
        List<LayerId> booted, Writes writes) {

    /** What becomes of writes. Immutable. */
    enum Writes {
        /** Kept for the client of that name. */
        KEPT,
        /** Kept for the client of that name until it comes back after its last connection has gone. */
        KEPT_UNTIL_BOOT,
        /** For all connections of the client of that name, until the last one is gone. */
        UNTIL_CLIENT_LEAVES,
        /** For this connection alone. */
        UNTIL_CONNECTION_ENDS,
        REFUSED;

        /** Whether all connections to one name see one disk. */
        boolean shared() {
            return this != UNTIL_CONNECTION_ENDS;
        }
    }

    private static final Set<Feature> READING = EnumSet.of(Feature.FLUSH, Feature.CACHE);
    private static final Set<Feature> WRITING =
            EnumSet.of(Feature.FUA, Feature.TRIM, Feature.WRITE_ZEROES, Feature.FAST_ZERO);

    ExportInfo info() {
        EnumSet<Feature> features = EnumSet.copyOf(READING);
        if (writes == Writes.REFUSED) {
            features.add(Feature.READ_ONLY);
        } else {
            features.addAll(WRITING);
        }
        if (writes.shared()) {
            features.add(Feature.CAN_MULTI_CONN);
        }
        return new ExportInfo(name.toString(), description(), size, features, Pages.PAGE_SIZE,
                DiskContext.names());
    }

    private String description() {
        String layers = chain.size() + (chain.size() == 1 ? " layer" : " layers");
        return switch (writes) {
            case KEPT -> layers + ", writes are kept";
            case KEPT_UNTIL_BOOT -> layers + ", writes are kept until the client comes back";
            case UNTIL_CLIENT_LEAVES -> layers + ", writes are gone when the client leaves";
            case UNTIL_CONNECTION_ENDS -> layers + ", writes are gone when the connection ends";
            case REFUSED -> layers + ", read-only";
        };
    }
}
