package io.varve.daemon.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import io.varve.daemon.boot.LoggedBoot;
import io.varve.daemon.boot.LoggedReads;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Place;
import io.varve.daemon.io.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The last boots of an image as one page that needs nothing else: figures as HTML, which is there without a script,
 * and pictures that its script draws from the reads, which are embedded as JSON.
 *
 * <p>Design note: names come from clients. Each is escaped where it becomes HTML, the JSON holds no {@code <}, and the
 * page's own policy lets it load nothing and run nothing but what it brings.
 *
 * <p>Immutable.
 */
final class ExplainPage {

    /** Boots that began so close together are drawn side by side. */
    private static final Duration WAVE = Duration.ofMinutes(1);
    /** Reads of all boots that are drawn, about 35 bytes each. */
    private static final int MARKS = 48_000;
    private static final int MARKS_PER_BOOT = 6_000;
    private static final int LEAST_MARKS_PER_BOOT = 150;
    private static final int MAX_NAME_LENGTH = 300;
    private static final int SHOWN_ID_LENGTH = 12;

    private final ExplainReport report;
    private final List<Integer> wave = new ArrayList<>();

    ExplainPage(ExplainReport report) {
        this.report = report;
        Instant newest = report.boots().get(0).boot().start();
        for (int i = 0; i < report.boots().size(); i++) {
            if (Duration.between(report.boots().get(i).boot().start(), newest).compareTo(WAVE) <= 0) {
                wave.add(i);
            }
        }
    }

    String html() throws IOException {
        return resource("explain.html")
                .replace("{{style}}", resource("explain.css"))
                .replace("{{script}}", resource("explain.js"))
                .replace("{{image}}", escape(report.image().toString()))
                .replace("{{summary}}", summary())
                .replace("{{places}}", places())
                .replace("{{rows}}", rows())
                .replace("{{cards}}", cards())
                .replace("{{data}}", data());
    }

    private static String resource(String name) throws IOException {
        try (InputStream stream = ExplainPage.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private String summary() {
        List<BootFigures> boots = wave.stream().map(report.boots()::get).toList();
        long originLength = boots.stream().mapToLong(boot -> boot.length(Place.ORIGIN)).sum();
        long atOnce = boots.stream().mapToLong(BootFigures::atOnceLength).sum();
        long length = boots.stream().mapToLong(BootFigures::length).sum();
        StringBuilder html = new StringBuilder();
        boolean several = boots.size() > 1;
        tile(html, several ? boots.size() + " clients" : escape(boots.get(0).client()),
                (several ? "the last wave, from " : "the last boot, ")
                        + ExplainReport.began(boots.get(boots.size() - 1), ZoneOffset.UTC) + " UTC");
        tile(html, Units.micros(median(boots.stream().mapToLong(BootFigures::lengthUs).toArray())),
                several ? "median boot, first read to last answer" : "first read to last answer");
        tile(html, Units.micros(median(boots.stream().mapToLong(BootFigures::waitedUs).toArray())),
                several ? "median time spent waiting for reads" : "spent waiting for reads");
        tile(html, Units.micros(boots.stream().mapToInt(BootFigures::longestUs).max().orElse(0)),
                "longest wait of one read");
        tile(html, Units.share(atOnce, length), "of " + Units.bytes(length) + " answered at once");
        tile(html, Units.bytes(originLength), "waited for from the origin");
        return html.toString();
    }

    private static void tile(StringBuilder html, String value, String what) {
        html.append("<div class=tile><b>").append(value).append("</b><span>").append(what).append("</span></div>\n");
    }

    private static long median(long[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    /** Headings of the last columns. */
    private String places() {
        StringBuilder html = new StringBuilder();
        report.places().forEach(place -> html.append("<th><i class=").append(place.text()).append("></i>")
                .append(place.text().substring(0, 1).toUpperCase(Locale.ROOT)).append(place.text().substring(1)));
        return html.toString();
    }

    private String rows() {
        StringBuilder html = new StringBuilder();
        for (int i = 0; i < report.boots().size(); i++) {
            BootFigures boot = report.boots().get(i);
            html.append("<tr><td><a href=\"#boot-").append(i).append("\">").append(escape(boot.client()))
                    .append("</a>");
            cells(html, ExplainReport.began(boot, ZoneOffset.UTC), Units.micros(boot.lengthUs()), boot.readCount(),
                    Units.bytes(boot.length()), Units.share(boot.atOnceLength(), boot.length()),
                    Units.micros(boot.waitedUs()), Units.micros(boot.longestUs()),
                    ExplainReport.percent(boot.boot().precision()), ExplainReport.percent(boot.boot().recall()));
            for (Place place : report.places()) {
                cells(html, boot.length(place) == 0 ? "-" : Units.bytes(boot.length(place)));
            }
            html.append("</tr>\n");
        }
        return html.toString();
    }

    private static void cells(StringBuilder html, Object... values) {
        for (Object value : values) {
            html.append("<td>").append(value);
        }
    }

    private String cards() {
        StringBuilder html = new StringBuilder();
        for (int i = 0; i < report.boots().size(); i++) {
            BootFigures boot = report.boots().get(i);
            html.append("<details class=card id=\"boot-").append(i).append('"').append(i == 0 ? " open" : "")
                    .append("><summary><b>").append(escape(boot.client())).append("</b> <span>")
                    .append(ExplainReport.began(boot, ZoneOffset.UTC)).append(" UTC, ")
                    .append(Units.micros(boot.lengthUs())).append(", waited ").append(Units.micros(boot.waitedUs()))
                    .append("</span></summary>\n<dl>");
            figures(html, boot);
            html.append("</dl>\n<div class=charts></div>\n");
            waits(html, boot);
            html.append("</details>\n");
        }
        return html.toString();
    }

    private static void figures(StringBuilder html, BootFigures figures) {
        LoggedBoot boot = figures.boot();
        figure(html, "reads", figures.readCount() + ", " + Units.bytes(figures.length()));
        figure(html, "answered at once", Units.share(figures.atOnceLength(), figures.length()));
        figure(html, "reads that waited", figures.waitingReads() + ", the longest "
                + Units.micros(figures.longestUs()));
        figure(html, "read ahead", !boot.replayed() ? "nothing was learned yet"
                : Units.bytes(Pages.offset(boot.counters().prefetched())) + " for this boot");
        if (boot.replayed()) {
            figure(html, "precision", ExplainReport.percent(boot.precision()) + " of what was read ahead was wanted");
            figure(html, "recall", ExplainReport.percent(boot.recall()) + " of what was wanted was read ahead");
        }
        if (boot.reads().droppedCount() > 0) {
            figure(html, "not drawn", boot.reads().droppedCount() + " reads that there was no room for");
        }
    }

    private static void figure(StringBuilder html, String name, String value) {
        html.append("<div><dt>").append(name).append("<dd>").append(value).append("</div>");
    }

    private static void waits(StringBuilder html, BootFigures figures) {
        List<Integer> waits = figures.longestWaits(ExplainReport.LONGEST_WAITS);
        if (waits.isEmpty()) {
            return;
        }
        LoggedReads reads = figures.boot().reads();
        html.append("<h3>The longest waits</h3>\n<div class=scroll><table><tr><th>At<th>Waited<th>Offset<th>Length")
                .append("<th>From<th>Read ahead<th>Layer</tr>\n");
        for (int read : waits) {
            html.append("<tr>");
            cells(html, Units.micros(reads.timeUs(read)), Units.micros(reads.stallUs(read)),
                    Pages.offset(reads.pageIndex(read)), Units.bytes(Pages.offset(reads.pageCount(read))),
                    "<i class=\"" + reads.place(read).text() + "\"></i>" + reads.place(read).text(),
                    reads.prediction(read).text(), ExplainReport.layerName(reads.layer(read)));
            html.append("</tr>\n");
        }
        html.append("</table></div>\n");
    }

    private String data() throws IOException {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("image", report.image().toString());
        data.put("places", Arrays.stream(Place.values()).map(Place::text).toList());
        data.put("wave", wave);
        int limit = Math.max(LEAST_MARKS_PER_BOOT, Math.min(MARKS_PER_BOOT, MARKS / report.boots().size()));
        List<Object> boots = new ArrayList<>();
        for (int i = 0; i < report.boots().size(); i++) {
            boots.add(data(report.boots().get(i), i == 0 ? MARKS_PER_BOOT : limit));
        }
        data.put("boots", boots);
        return JSON.std.asString(data).replace("<", "\\u003c").replace("\u2028", "\\u2028")
                .replace("\u2029", "\\u2029");
    }

    private static Map<String, Object> data(BootFigures figures, int limit) {
        LoggedBoot boot = figures.boot();
        LoggedReads reads = boot.reads();
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("client", shortened(figures.client()));
        data.put("start", boot.start().toEpochMilli());
        data.put("length", figures.lengthUs());
        data.put("pages", boot.diskPageCount());
        data.put("waited", figures.waitedUs());
        data.put("layers", boot.layers().stream().map(id -> id.substring(0, SHOWN_ID_LENGTH)).toList());
        List<Long> marks = new ArrayList<>();
        for (BootMarks.Mark mark : new BootMarks(reads, figures.lengthUs(), boot.diskPageCount()).marks(limit)) {
            int first = mark.first;
            marks.addAll(List.of((long) reads.timeUs(first), reads.pageIndex(first), mark.pageCount,
                    (long) mark.readCount, mark.stallUs, (long) mark.longestUs, (long) reads.layer(first),
                    (long) reads.place(first).ordinal(), (long) reads.prediction(first).ordinal()));
        }
        data.put("marks", marks);
        return data;
    }

    private static String shortened(String text) {
        return Printable.of(text, MAX_NAME_LENGTH);
    }

    static String escape(String text) {
        return shortened(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
                .replace("'", "&#39;").replace("{", "&#123;");
    }
}
