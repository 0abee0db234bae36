package io.varve.perf.macro;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Draws lines or bars of several series over named places of the x axis as SVG, without a script.
 *
 * <p>Immutable.
 *
 * @param xLabels the places, from left to right
 * @param series  one value for each place by the name of the series; NaN where there is none
 * @param colours by the name of the series, as CSS says them
 */
record Chart(String title, String unit, Scale scale, List<String> xLabels, Map<String, double[]> series,
        Map<String, String> colours) {

    enum Scale {
        LINEAR,
        /** For what spans powers of ten; no value is zero. */
        LOGARITHMIC
    }

    private static final int WIDTH = 560;
    private static final int HEIGHT = 260;
    private static final int LEFT = 64;
    private static final int RIGHT = 12;
    private static final int TOP = 30;
    private static final int BOTTOM = 34;
    private static final int GRID_LINES = 4;
    private static final double BAR_SHARE = 0.8;

    /** Points joined by lines: the places have an order that means something. */
    String lines() {
        StringBuilder svg = begin();
        series.forEach((name, values) -> {
            StringBuilder path = new StringBuilder();
            for (int i = 0; i < values.length; i++) {
                if (!Double.isNaN(values[i])) {
                    path.append(path.isEmpty() ? "M" : "L").append(point(x(i), y(values[i])));
                }
            }
            svg.append("<path class=line d='%s' stroke='%s'/>".formatted(path, colours.get(name)));
            for (int i = 0; i < values.length; i++) {
                if (!Double.isNaN(values[i])) {
                    svg.append(format("<circle cx='%.1f' cy='%.1f' r='3.5' fill='%s'>%s</circle>", x(i), y(values[i]),
                            colours.get(name), tip(name, i, values[i])));
                }
            }
        });
        return svg.append("</svg></figure>").toString();
    }

    /** Bars side by side at each place. */
    String bars() {
        StringBuilder svg = begin();
        double step = (double) (WIDTH - LEFT - RIGHT) / xLabels.size() * BAR_SHARE / series.size();
        int position = 0;
        for (Map.Entry<String, double[]> each : series.entrySet()) {
            for (int i = 0; i < xLabels.size(); i++) {
                double value = each.getValue()[i];
                if (!Double.isNaN(value)) {
                    double left = x(i) + (position - series.size() / 2.0) * step;
                    svg.append(format("<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'>%s</rect>", left,
                            y(value), step - 1, y(bottom()) - y(value), colours.get(each.getKey()),
                            tip(each.getKey(), i, value)));
                }
            }
            position++;
        }
        return svg.append("</svg></figure>").toString();
    }

    private StringBuilder begin() {
        StringBuilder svg = new StringBuilder(format("<figure><svg viewBox='0 0 %d %d' role=img>", WIDTH, HEIGHT));
        svg.append("<text class=title x='%d' y='18'>%s</text>".formatted(LEFT, title));
        svg.append("<text class=unit x='%d' y='18'>%s</text>".formatted(WIDTH - RIGHT, unit));
        for (double value : grid()) {
            svg.append(format("<line class=grid x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>", LEFT, WIDTH - RIGHT, y(value),
                    y(value)));
            svg.append(format("<text class=tick x='%d' y='%.1f'>%s</text>", LEFT - 6, y(value) + 4, number(value)));
        }
        for (int i = 0; i < xLabels.size(); i++) {
            svg.append(format("<text class=place x='%.1f' y='%d'>%s</text>", x(i), HEIGHT - 12, xLabels.get(i)));
        }
        return svg;
    }

    private String tip(String name, int place, double value) {
        return "<title>%s, %s: %s %s</title>".formatted(name, xLabels.get(place), number(value), unit);
    }

    private double x(int place) {
        return LEFT + (place + 0.5) * (WIDTH - LEFT - RIGHT) / xLabels.size();
    }

    private double y(double value) {
        double share = scale == Scale.LINEAR
                ? value / top()
                : (Math.log10(value) - Math.log10(bottom())) / (Math.log10(top()) - Math.log10(bottom()));
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    }

    private double[] grid() {
        if (scale == Scale.LINEAR) {
            return IntStream.rangeClosed(0, GRID_LINES).mapToDouble(i -> top() * i / GRID_LINES).toArray();
        }
        return DoubleStream.iterate(bottom(), value -> value <= top() * 1.01, value -> value * 10).toArray();
    }

    /** The begin of the y axis: zero, or the power of ten below all values. */
    private double bottom() {
        return scale == Scale.LINEAR ? 0 : Math.pow(10, Math.ceil(Math.log10(values().min().orElse(1))) - 1);
    }

    /** The end of the y axis: the next 1, 2, 4 or 8 times a power of ten, or power of ten. */
    private double top() {
        double highest = values().max().orElse(1);
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(highest, 1e-9))));
        for (int factor : scale == Scale.LINEAR ? new int[] {1, 2, 4, 8} : new int[] {1}) {
            if (factor * power >= highest) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private DoubleStream values() {
        return series.values().stream()
                .flatMapToDouble(values -> Arrays.stream(values).filter(value -> !Double.isNaN(value)));
    }

    private static String point(double x, double y) {
        return format("%.1f %.1f", x, y);
    }

    static String number(double value) {
        if (value >= 1e4) {
            return format("%.0fk", value / 1e3);
        }
        return format(value >= 100 || value == 0 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }

    private static String format(String pattern, Object... arguments) {
        return String.format(Locale.ROOT, pattern, arguments);
    }
}
