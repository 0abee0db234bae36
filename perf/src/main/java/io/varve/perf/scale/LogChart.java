package io.varve.perf.scale;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * Draws curves over two logarithmic axes as SVG, without a script: there a straight line is a power, and a line as
 * steep as the dashed one is linear growth.
 *
 * <p>Immutable.
 *
 * @param xs      ascending, more than 0
 * @param xLabels one for each
 * @param series  one value for each by the name of the series
 */
record LogChart(String title, String unit, double[] xs, List<String> xLabels, Map<String, double[]> series) {
    private static final List<String> COLOURS = List.of("#e4572e", "#2e86ab", "#6a994e", "#9d7bb0", "#8d99ae");
    private static final int WIDTH = 560;
    private static final int HEIGHT = 280;
    private static final int LEFT = 56;
    private static final int RIGHT = 14;
    private static final int TOP = 46;
    private static final int BOTTOM = 30;
    /** What is less, or nothing at all, is drawn at the lower border. */
    private static final double LEAST = 0.01;

    String svg() {
        StringBuilder svg = new StringBuilder(format("<figure><svg viewBox='0 0 %d %d' role=img>", WIDTH, HEIGHT));
        svg.append(format("<text class=title x='%d' y='16'>%s</text>", LEFT, title));
        svg.append(format("<text class=unit x='%d' y='16'>%s</text>", WIDTH - RIGHT, unit));
        grid(svg);
        linear(svg);
        int colour = 0;
        int legend = LEFT;
        for (Map.Entry<String, double[]> each : series.entrySet()) {
            String hue = COLOURS.get(colour++ % COLOURS.size());
            curve(svg, each.getKey(), each.getValue(), hue);
            svg.append(format("<text x='%d' y='34' style='fill:%s'>%s</text>", legend, hue, each.getKey()));
            legend += 8 * each.getKey().length() + 12;
        }
        return svg.append("</svg></figure>").toString();
    }

    private void grid(StringBuilder svg) {
        for (double value = bottom(); value <= top() * 1.001; value *= 10) {
            svg.append(format("<line class=grid x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>", LEFT, WIDTH - RIGHT, y(value),
                    y(value)));
            svg.append(format("<text class=tick x='%d' y='%.1f'>%s</text>", LEFT - 6, y(value) + 4,
                    value < 1 ? format("%.2g", value) : format("%.0f", value)));
        }
        for (int i = 0; i < xs.length; i++) {
            svg.append(format("<text class=place x='%.1f' y='%d'>%s</text>", x(xs[i]), HEIGHT - 10, xLabels.get(i)));
        }
    }

    /** From the lower left corner, or from where it reaches the right border from below. */
    private void linear(StringBuilder svg) {
        double from = xs[0];
        double to = Math.min(xs[xs.length - 1], from * top() / bottom());
        svg.append(format("<line class=grid stroke-dasharray='4 4' x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'/>", x(from),
                y(bottom()), x(to), y(bottom() * to / from)));
    }

    private void curve(StringBuilder svg, String name, double[] values, String hue) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            path.append(path.isEmpty() ? "M" : "L").append(format("%.1f %.1f", x(xs[i]), y(values[i])));
        }
        svg.append(format("<path class=line d='%s' stroke='%s'/>", path, hue));
        for (int i = 0; i < values.length; i++) {
            svg.append(format("<circle cx='%.1f' cy='%.1f' r='3.5' fill='%s'><title>%s, %s: %.4g %s</title></circle>",
                    x(xs[i]), y(values[i]), hue, name, xLabels.get(i), values[i], unit));
        }
    }

    private double x(double value) {
        double share = Math.log(value / xs[0]) / Math.log(xs[xs.length - 1] / xs[0]);
        return LEFT + 14 + share * (WIDTH - LEFT - RIGHT - 32);
    }

    private double y(double value) {
        double share = Math.log(Math.max(value, bottom()) / bottom()) / Math.log(top() / bottom());
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    }

    private double bottom() {
        double least = values().filter(value -> value >= LEAST).min().orElse(LEAST);
        return Math.pow(10, Math.floor(Math.log10(least)));
    }

    private double top() {
        double most = Math.max(values().max().orElse(1), bottom() * 1.01);
        return Math.pow(10, Math.ceil(Math.log10(most) - 1e-9));
    }

    private DoubleStream values() {
        return series.values().stream().flatMapToDouble(Arrays::stream);
    }

    private static String format(String pattern, Object... arguments) {
        return String.format(Locale.ROOT, pattern, arguments);
    }
}
