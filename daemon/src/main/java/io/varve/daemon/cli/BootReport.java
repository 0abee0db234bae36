package io.varve.daemon.cli;

import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.Quality;
import io.varve.daemon.boot.Sequence;
import io.varve.daemon.boot.Variant;
import io.varve.daemon.io.Pages;
import io.varve.daemon.store.ImageName;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was learned about the boots of an image, for people and as JSON. At the top level, JSON describes the variant
 * that most boots were of.
 *
 * <p>Immutable.
 */
final class BootReport {

    private final List<Variant> variants;
    private final long bootCount;

    private final long packLength;

    /** @param packLength bytes; 0: there is no pack */
    BootReport(Profile profile, long packLength) {
        this.packLength = packLength;
        this.variants = profile.byBootCount();
        this.bootCount = profile.bootCount();
    }

    void print(PrintStream out) {
        for (int i = 0; i < variants.size(); i++) {
            Variant variant = variants.get(i);
            if (variants.size() > 1) {
                out.println((i == 0 ? "" : System.lineSeparator()) + "variant " + (i + 1) + " of " + variants.size());
            }
            Sequence sequence = variant.sequence();
            double[] supports = variant.supports();
            Table table = new Table(">AT", ">OFFSET", ">LENGTH", ">SUPPORT");
            for (int entry = 0; entry < sequence.entryCount(); entry++) {
                table.add(Units.micros(sequence.startUs(entry)), Pages.offset(sequence.pageIndex(entry)),
                        Units.bytes(Pages.offset(sequence.pageCount(entry))),
                        Math.round(100 * supports[entry]) + " %");
            }
            table.print(out);
            out.println(sequence.entryCount() + " ranges, " + Units.bytes(Pages.offset(sequence.pageCount()))
                    + ", over " + Units.micros(spanUs(sequence)) + ", from " + boots(variant));
        }
        out.println(packLength == 0 ? "not packed" : "packed in " + Units.bytes(packLength));
    }

    private static String boots(Variant variant) {
        return variant.mergedCount() + (variant.mergedCount() == 1 ? " boot" : " boots") + " merged, "
                + variant.confirmedCount() + " that brought nothing new";
    }

    Map<String, Object> fields(ImageName image) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("image", image.toString());
        fields.put("bootCount", bootCount);
        fields.put("packBytes", packLength);
        fields.putAll(fields(variants.get(0)));
        List<Object> list = new ArrayList<>();
        variants.forEach(variant -> list.add(fields(variant)));
        fields.put("variants", list);
        return fields;
    }

    private static Map<String, Object> fields(Variant variant) {
        Sequence sequence = variant.sequence();
        double[] supports = variant.supports();
        List<Object> ranges = new ArrayList<>();
        for (int i = 0; i < sequence.entryCount(); i++) {
            Map<String, Object> range = new LinkedHashMap<>();
            range.put("atUs", sequence.startUs(i));
            range.put("offset", Pages.offset(sequence.pageIndex(i)));
            range.put("length", Pages.offset(sequence.pageCount(i)));
            range.put("support", Math.round(1000 * supports[i]) / 1000.0);
            ranges.add(range);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("mergedCount", variant.mergedCount());
        fields.put("confirmedCount", variant.confirmedCount());
        fields.put("quality", variant.qualities().stream().map(BootReport::fields).toList());
        fields.put("rangeCount", sequence.entryCount());
        fields.put("bytes", Pages.offset(sequence.pageCount()));
        fields.put("spanUs", spanUs(sequence));
        fields.put("ranges", ranges);
        return fields;
    }

    private static Map<String, Object> fields(Quality quality) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("coverage", quality.coverage() / 1000.0);
        fields.put("precision", quality.precision() / 1000.0);
        return fields;
    }

    private static int spanUs(Sequence sequence) {
        return sequence.entryCount() == 0 ? 0 : sequence.startUs(sequence.entryCount() - 1);
    }
}
