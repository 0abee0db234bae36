package io.varve.daemon.store;

import io.varve.daemon.layer.LayerId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Replacements in memory, by what they replace: one pass over a chain finds the one that replaces most of it.
 *
 * <p>Design note: by the hash codes of lists, which those of a chain's beginnings are made of one by one. With the file
 * names, each a digest over a beginning, a change of one layer took seconds in a store with a hundred snapshots.
 *
 * <p>Immutable.
 */
final class ReplacementIndex {

    /** What {@link List#hashCode} begins and goes on with. */
    private static final int HASH_OF_NONE = 1;
    private static final int HASH_FACTOR = 31;

    private final Map<Integer, List<Replacement>> byHash = new HashMap<>();

    ReplacementIndex(Collection<Replacement> all) {
        for (Replacement each : all) {
            byHash.computeIfAbsent(each.from().hashCode(), hash -> new ArrayList<>(1)).add(each);
        }
    }

    /** The replacement of the longest beginning of the chain; null if none is replaced. */
    Replacement longest(List<LayerId> chain) {
        Replacement longest = null;
        int hash = HASH_OF_NONE;
        for (int i = 0; i < chain.size(); i++) {
            hash = HASH_FACTOR * hash + chain.get(i).hashCode();
            for (Replacement each : byHash.getOrDefault(hash, List.of())) {
                if (each.from().size() == i + 1 && each.appliesTo(chain)) {
                    longest = each;
                }
            }
        }
        return longest;
    }
}
