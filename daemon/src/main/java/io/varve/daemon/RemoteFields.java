package io.varve.daemon;

import io.varve.daemon.cache.CacheCounters;
import io.varve.daemon.remote.MirrorCounts;
import io.varve.daemon.remote.RemoteCounters;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.RemoteStatus;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Describes disks on other machines, for {@link DaemonStatus}. Thread-safe because it has no state. */
final class RemoteFields {

    private RemoteFields() {}

    static Map<String, Object> of(RemoteStatus remote) {
        RemoteCounters counters = remote.counters();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("images", remote.images().stream().map(ImageName::toString).toList());
        fields.put("origin", remote.mirrors().isEmpty() ? null : remote.mirrors().get(0).name());
        fields.put("size", remote.size());
        fields.put("manifest", remote.manifest().orElse(null));
        fields.put("mirrors", remote.mirrors().stream().map(RemoteFields::mirror).toList());
        fields.put("demandChunks", counters.demandChunks());
        fields.put("demandBytes", counters.demandBytes());
        fields.put("aheadChunks", counters.aheadChunks());
        fields.put("aheadBytes", counters.aheadBytes());
        fields.put("hits", counters.hits());
        fields.put("joined", counters.joined());
        fields.put("overtaken", counters.overtaken());
        fields.put("failed", counters.failed());
        fields.put("cache", cache(counters.cache(), remote.kept()));
        return fields;
    }

    private static Map<String, Object> mirror(MirrorCounts mirror) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", mirror.name());
        fields.put("state", mirror.state().name().toLowerCase(Locale.ROOT));
        fields.put("requests", mirror.requests());
        fields.put("bytes", mirror.bytes());
        fields.put("failures", mirror.failures());
        fields.put("wrong", mirror.wrong());
        fields.put("retries", mirror.extra().retries());
        fields.put("failovers", mirror.extra().failovers());
        fields.put("hedges", mirror.extra().hedges());
        return fields;
    }

    private static Map<String, Object> cache(CacheCounters counters, RemoteStatus.Kept kept) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("open", kept.open());
        fields.put("bytes", kept.length());
        fields.put("limit", kept.limit());
        fields.put("stored", counters.stored());
        fields.put("declined", counters.declined());
        fields.put("evicted", counters.evicted());
        fields.put("damaged", counters.bad());
        fields.put("wrong", counters.wrong());
        fields.put("failures", counters.failures());
        return fields;
    }
}
