package io.varve.daemon.cli;

import io.varve.daemon.boot.LoggedBoot;
import io.varve.daemon.boot.LoggedReads;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Place;
import io.varve.daemon.store.ImageName;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The last boots of an image as text and as JSON. Immutable.
 *
 * @param boots the newest first, at least one
 */
record ExplainReport(ImageName image, List<BootFigures> boots) {

    static final int LONGEST_WAITS = 10;
    private static final int COLUMNS = 64;
    private static final String BLOCKS = blocks();
    private static final DateTimeFormatter BEGAN = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    void print(PrintStream out) {
        printTable(out);
        BootFigures newest = boots.get(0);
        out.println();
        out.println(newest.client() + ", " + began(newest, ZoneId.systemDefault()) + ": "
                + Units.micros(newest.lengthUs()) + ", a column is " + Units.micros(newest.lengthUs() / COLUMNS));
        BootTimeline timeline = new BootTimeline(newest, COLUMNS);
        out.println("  read    " + blocks(timeline.readLengths(), 0));
        out.println("  waited  " + blocks(timeline.waitedUs(), Math.max(1, newest.lengthUs() / COLUMNS)));
        out.println("  from    " + letters(timeline.places()));
        printLayers(newest, out);
        printWaits(newest, out);
    }

    private void printTable(PrintStream out) {
        List<Place> places = places();
        List<String> headings = new ArrayList<>(List.of("CLIENT", "BEGAN", ">LENGTH", ">READS", ">BYTES", ">AT ONCE",
                ">WAITED", ">LONGEST", ">PRECISION", ">RECALL"));
        places.forEach(place -> headings.add(">" + place.text().toUpperCase(Locale.ROOT)));
        Table table = new Table(headings.toArray(String[]::new));
        for (BootFigures boot : boots) {
            List<Object> row = new ArrayList<>(List.of(boot.client(), began(boot, ZoneId.systemDefault()),
                    Units.micros(boot.lengthUs()), boot.readCount(), Units.bytes(boot.length()),
                    Units.share(boot.atOnceLength(), boot.length()), Units.micros(boot.waitedUs()),
                    Units.micros(boot.longestUs()), percent(boot.boot().precision()),
                    percent(boot.boot().recall())));
            places.forEach(place -> row.add(Units.bytes(boot.length(place))));
            table.add(row.toArray());
        }
        table.print(out);
    }

    /** That any of the boots had something from. */
    List<Place> places() {
        return Arrays.stream(Place.values())
                .filter(place -> boots.stream().anyMatch(boot -> boot.length(place) > 0)).toList();
    }

    private static void printLayers(BootFigures boot, PrintStream out) {
        List<String> layers = boot.boot().layers();
        if (layers.size() < 2) {
            return;
        }
        List<String> parts = new ArrayList<>();
        boot.lengthByLayer().forEach((layer, length) -> parts.add(layerName(layer) + " " + Units.bytes(length)));
        out.println("  layers  " + String.join(", ", parts));
    }

    private static void printWaits(BootFigures boot, PrintStream out) {
        List<Integer> waits = boot.longestWaits(LONGEST_WAITS);
        if (waits.isEmpty()) {
            out.println("  no read waited");
            return;
        }
        out.println();
        LoggedReads reads = boot.boot().reads();
        Table table = new Table(">AT", ">WAITED", ">OFFSET", ">LENGTH", "FROM", "READ AHEAD", "LAYER");
        for (int read : waits) {
            table.add(Units.micros(reads.timeUs(read)), Units.micros(reads.stallUs(read)),
                    Pages.offset(reads.pageIndex(read)), Units.bytes(Pages.offset(reads.pageCount(read))),
                    reads.place(read).text(), reads.prediction(read).text(), layerName(reads.layer(read)));
        }
        table.print(out);
        if (boot.waitingReads() > waits.size()) {
            out.println(Units.count(boot.waitingReads(), "read") + " waited; these the longest");
        }
    }

    static String layerName(int layer) {
        return layer == LoggedReads.NO_LAYER ? "later layer" : layer == 0 ? "base" : "layer " + layer;
    }

    static String began(BootFigures boot, ZoneId zone) {
        return BEGAN.format(boot.boot().start().atZone(zone));
    }

    static String percent(double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    /** What standard output can show. */
    private static String blocks() {
        String fancy = " ▁▂▃▄▅▆▇█";
        String name = System.getProperty("stdout.encoding", System.getProperty("sun.stdout.encoding"));
        Charset charset = name == null ? Charset.defaultCharset() : Charset.forName(name);
        return charset.newEncoder().canEncode(fancy) ? fancy : " .:-=+*%#";
    }

    /** @param full value of the highest block; 0 for the largest of the values */
    private static String blocks(long[] values, long full) {
        long highest = full > 0 ? full : Math.max(1, Arrays.stream(values).max().orElse(1));
        StringBuilder line = new StringBuilder();
        for (long value : values) {
            long height = value <= 0 ? 0 : Math.max(1, Math.min(8, Math.round(8.0 * value / highest)));
            line.append(BLOCKS.charAt((int) height));
        }
        return line.toString().stripTrailing();
    }

    private static String letters(Place[] places) {
        StringBuilder line = new StringBuilder();
        for (Place place : places) {
            line.append(place == null ? ' ' : place.text().charAt(0));
        }
        return line.toString().stripTrailing();
    }

    /** For programs. */
    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("image", image.toString());
        fields.put("boots", boots.stream().map(ExplainReport::fields).toList());
        return fields;
    }

    private static Map<String, Object> fields(BootFigures figures) {
        LoggedBoot boot = figures.boot();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("client", boot.client().orElse(null));
        fields.put("start", boot.start().atOffset(ZoneOffset.UTC).toString());
        fields.put("lengthUs", figures.lengthUs());
        fields.put("diskBytes", Pages.offset(boot.diskPageCount()));
        fields.put("reads", figures.readCount());
        fields.put("readsNotWrittenDown", boot.reads().droppedCount());
        fields.put("bytes", figures.length());
        fields.put("bytesAtOnce", figures.atOnceLength());
        fields.put("readsThatWaited", figures.waitingReads());
        fields.put("waitedUs", figures.waitedUs());
        fields.put("longestWaitUs", figures.longestUs());
        fields.put("replayed", boot.replayed());
        fields.put("precision", Double.isNaN(boot.precision()) ? null : boot.precision());
        fields.put("recall", Double.isNaN(boot.recall()) ? null : boot.recall());
        fields.put("pagesPrefetched", boot.counters().prefetched());
        fields.put("pagesUsed", boot.counters().used());
        fields.put("pagesLate", boot.counters().late());
        fields.put("pagesMissed", boot.counters().missed());
        Map<String, Object> places = new LinkedHashMap<>();
        for (Place place : Place.values()) {
            places.put(place.text(), figures.length(place));
        }
        fields.put("bytesByPlace", places);
        fields.put("layers", layers(figures));
        fields.put("longestWaits", figures.longestWaits(LONGEST_WAITS).stream()
                .map(read -> fields(boot.reads(), read)).toList());
        return fields;
    }

    private static List<Object> layers(BootFigures figures) {
        List<Object> layers = new ArrayList<>();
        Map<Integer, Long> lengths = figures.lengthByLayer();
        List<String> ids = figures.boot().layers();
        for (int i = 0; i < ids.size(); i++) {
            Map<String, Object> layer = new LinkedHashMap<>();
            layer.put("id", ids.get(i));
            layer.put("bytes", lengths.getOrDefault(i, 0L));
            layers.add(layer);
        }
        return layers;
    }

    private static Map<String, Object> fields(LoggedReads reads, int read) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("atUs", reads.timeUs(read));
        fields.put("waitedUs", reads.stallUs(read));
        fields.put("offset", Pages.offset(reads.pageIndex(read)));
        fields.put("length", Pages.offset(reads.pageCount(read)));
        fields.put("from", reads.place(read).text());
        fields.put("readAhead", reads.prediction(read).text());
        fields.put("layer", reads.layer(read) == LoggedReads.NO_LAYER ? null : reads.layer(read));
        return fields;
    }
}
