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
        Map<String, Long> found = new TreeMap<>();
        Path file = layout.unreachable();
        try {
            JsonDocument json = JsonDocument.parse(file.toString(), files.read(file, MAX_FILE_LENGTH));
            json.requireFormat(FORMAT, VERSION);
            json.requireOnly(FIELDS);
            for (String mark : json.strings("found", MAX_COUNT)) {
                int space = mark.indexOf(' ');
                if (space < 0) {
                    throw json.corrupt("found", "'" + Names.shown(mark) + "' is no time and no file");
                }
                found.put(mark.substring(space + 1), Long.parseLong(mark.substring(0, space)));
            }
        } catch (NoSuchFileException e) {
            return found; // Nothing was waiting.
        } catch (CorruptDataException | FormatVersionException | NumberFormatException e) {
            LOG.warn("{} cannot be used, so all files that nobody needs wait anew: {}", file, e.getMessage());
            found.clear();
        }
        return found;
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
        List<String> found = new ArrayList<>();
        now.forEach((name, since) -> found.add(since + " " + name));
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("format", FORMAT);
        fields.put("version", VERSION);
        fields.put("found", found);
        files.replace(layout.unreachable(), JsonDocument.compose(fields));
    }
}
