package io.varve.nbd.fuzz;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Disks of all kinds: with and without abilities, tiny, odd, and of almost any size. Immutable. */
final class Exports {

    static final List<String> CONTEXTS = List.of("base:allocation", "qemu:allocation-depth", "x:stripes");

    private static final Set<Feature> WRITABLE = EnumSet.complementOf(EnumSet.of(Feature.READ_ONLY));
    private static final Set<Feature> READ_ONLY = EnumSet.of(
            Feature.READ_ONLY, Feature.FLUSH, Feature.CACHE, Feature.CAN_MULTI_CONN, Feature.FUA);

    static final ExportInfo DISK = info("disk", "a disk", 1 << 20, WRITABLE, CONTEXTS);
    static final ExportInfo HUGE = info("huge", "", 1L << 62, WRITABLE, CONTEXTS);
    static final ExportInfo SEALED = info("sealed", "gr\u00fc\u00dfe\u0007\n", 1 << 19, READ_ONLY, CONTEXTS);
    static final ExportInfo PLAIN = info("plain", "x".repeat(5000), 300_000, Set.of(), List.of());

    private static final ExportInfo[] ALL = {
        DISK, HUGE, SEALED, PLAIN,
        info("large", "", (48L << 20) + 512, WRITABLE, CONTEXTS.subList(0, 1)),
        info("odd", "", 77_777, EnumSet.of(Feature.FLUSH, Feature.TRIM, Feature.FAST_ZERO), CONTEXTS.subList(0, 2)),
        info("empty", "", 0, WRITABLE, CONTEXTS),
        info("terabyte", "", (1L << 40) + 1, EnumSet.of(Feature.WRITE_ZEROES, Feature.FLUSH), CONTEXTS)};

    private Exports() {}

    static ExportInfo of(int choice) {
        return ALL[choice % ALL.length];
    }

    private static ExportInfo info(
            String name, String description, long size, Set<Feature> features, List<String> contexts) {
        return new ExportInfo(name, description, size, features, 4096, contexts);
    }
}
