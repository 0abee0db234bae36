package io.varve.perf.boot;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the log filter of nbdkit writes (nbdkit-log-filter(1)): a line when a request comes, another when it is
 * answered.
 *
 * <p>Immutable.
 */
record NbdkitLog(List<String> lines) {

    private static final Pattern REQUEST = Pattern.compile("^(\\S+ \\S+) connection=(\\d+) (Read|Write|Flush) id=(\\d+)"
            + "(?: offset=0x([0-9a-f]+) count=0x([0-9a-f]+))?.* \\.\\.\\.$");
    private static final Pattern ANSWER =
            Pattern.compile("^(\\S+ \\S+) connection=(\\d+) \\.\\.\\.(?:Read|Write|Flush) id=(\\d+) return=0");
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT);

    /** Lines of a {@link BootTrace}, in the order in which requests came; those that failed are left out. */
    List<String> trace() {
        List<Matcher> requests = new ArrayList<>();
        Map<String, LocalDateTime> answered = new HashMap<>();
        for (String line : lines) {
            Matcher request = REQUEST.matcher(line);
            Matcher answer = ANSWER.matcher(line);
            if (request.find()) {
                requests.add(request);
            } else if (answer.find()) {
                answered.put(answer.group(2) + " " + answer.group(3), LocalDateTime.parse(answer.group(1), TIME));
            }
        }
        List<String> trace = new ArrayList<>(List.of("# start_us\top\toffset\tlength\tduration_us"));
        LocalDateTime start = null;
        for (Matcher request : requests) {
            LocalDateTime came = LocalDateTime.parse(request.group(1), TIME);
            LocalDateTime done = answered.get(request.group(2) + " " + request.group(4));
            if (done != null) {
                start = start == null ? came : start;
                trace.add(ChronoUnit.MICROS.between(start, came) + "\t" + request.group(3).toLowerCase(Locale.ROOT)
                        + "\t" + number(request.group(5)) + "\t" + number(request.group(6)) + "\t"
                        + ChronoUnit.MICROS.between(came, done));
            }
        }
        return trace;
    }

    private static long number(String hexadecimal) {
        return hexadecimal == null ? 0 : Long.parseLong(hexadecimal, 16);
    }
}
