package io.varve.nbd.export;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a client is told about an export before it uses it. Two calls for one name give equal answers while nothing
 * changes, so that INFO, GO and EXPORT_NAME agree.
 *
 * @param name               canonical name, UTF-8, at most 4096 bytes
 * @param description        for people; may be empty
 * @param size               bytes
 * @param features           what the export can do
 * @param preferredBlockSize bytes, a power of two, at least 512
 * @param metaContexts       names such as {@code base:allocation}; the index is the one of
 *                           {@link Export#blockStatus}
 */
public record ExportInfo(
        String name,
        String description,
        long size,
        Set<Feature> features,
        int preferredBlockSize,
        List<String> metaContexts) {

    /** Name of the context every export of ours offers (proto.md, "base: metadata context"). */
    public static final String BASE_ALLOCATION = "base:allocation";

    public ExportInfo {
        features = features.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(features));
        metaContexts = List.copyOf(metaContexts);
        if (size < 0) {
            throw new IllegalArgumentException("size of export " + name + " is negative: " + size);
        }
    }

    /** The same with other contexts. */
    public ExportInfo withContexts(List<String> names) {
        return new ExportInfo(name, description, size, features, preferredBlockSize, names);
    }

    public boolean has(Feature feature) {
        return features.contains(feature);
    }

    /** Abilities that become transmission flags (proto.md, "Transmission flags"). */
    public enum Feature {
        READ_ONLY,
        FLUSH,
        FUA,
        ROTATIONAL,
        TRIM,
        WRITE_ZEROES,
        FAST_ZERO,
        CACHE,
        /** Effects of FLUSH and FUA on one connection hold on all; only where that is true. */
        CAN_MULTI_CONN
    }
}
