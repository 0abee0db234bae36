package io.varve.daemon.store;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FormatVersionException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a garbage collection has first found that nobody needs certain files: {@code unreachable.json}. A file that is
 * lost or damaged is as good as none: all waiting begins anew.
 *
 * <p>Design note: a file of our own and not the times of the files, because a layer may have been written long before
 * it was last needed.
 *
 * <p>Owned by the thread that collects garbage; it holds the catalogue's lock.
 */
final class UnreachableMarks {

    static final String FORMAT = "varve-unreachable";
    static final int VERSION = 1;

    private static final Logger LOG = LoggerFactory.getLogger(UnreachableMarks.class);
    private static final Set<String> FIELDS = Set.of("format", "version", "found");
    private static final int MAX_COUNT = 1 << 18;
    private static final int MAX_FILE_LENGTH = 64 << 20;
    /** Fifteen digits last until the year 33658. */
    private static final Pattern MARK = Pattern.compile("([0-9]{1,15}) (.+)", Pattern.DOTALL);

    private final SmallFiles files;
    private final StoreLayout layout;
    private final long nowMs;
    private final Map<String, Long> before;
    private final Map<String, Long> now = new TreeMap<>();

    /** @param nowMs milliseconds since the epoch */
    UnreachableMarks(FileSpace space, StoreLayout layout, long nowMs) throws IOException {
        this.files = new SmallFiles(space);
        this.layout = layout;
        this.nowMs = nowMs;
        this.before = read();
    }

    private Map<String, Long> read() throws IOException {
        Path file = layout.unreachable();
        try {
            return parse(file.toString(), files.read(file, MAX_FILE_LENGTH));
        } catch (NoSuchFileException e) {
            return Map.of(); // Nothing was waiting.
        } catch (CorruptDataException | FormatVersionException e) {
            LOG.warn("{} cannot be used, so all files that nobody needs wait anew: {}", file, e.getMessage());
            return Map.of();
        }
    }

    /** File below the root, and since when, in milliseconds since the epoch. */
    static Map<String, Long> parse(String fileName, byte[] content) throws IOException {
        JsonDocument json = JsonDocument.parse(fileName, content);
        json.requireFormat(FORMAT, VERSION);
        json.requireOnly(FIELDS);
        Map<String, Long> found = new TreeMap<>();
        for (String mark : json.strings("found", MAX_COUNT)) {
            Matcher parts = MARK.matcher(mark);
            if (!parts.matches()) {
                throw json.corrupt("found", "'" + Names.shown(mark) + "' is not a time and a file");
            }
            found.put(parts.group(2), Long.parseLong(parts.group(1)));
        }
        return found;
    }

    static byte[] toJson(Map<String, Long> marks) throws IOException {
        List<String> found = new ArrayList<>();
        marks.forEach((name, since) -> found.add(since + " " + name));
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("format", FORMAT);
        fields.put("version", VERSION);
        fields.put("found", found);
        return JsonDocument.compose(fields);
    }

    /**
     * Notes that nobody needs a file.
     *
     * @return for how many milliseconds that is known, at least 0
     */
    long mark(Path file) {
        String name = layout.root().relativize(file).toString();
        long since = Math.min(nowMs, before.getOrDefault(name, nowMs));
        if (now.size() < MAX_COUNT) {
            now.put(name, since);
        }
        return nowMs - since;
    }

    void forget(Path file) {
        now.remove(layout.root().relativize(file).toString());
    }

    /** Keeps what was marked, and only that. Durable at return. */
    void write() throws IOException {
        files.replace(layout.unreachable(), toJson(now));
    }
}
