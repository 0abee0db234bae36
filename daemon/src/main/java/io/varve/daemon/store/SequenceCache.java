package io.varve.daemon.store;

import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.ProfileFile;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Profiles that boots replay at this moment, so that a room that is switched on decodes and merges its profile once.
 *
 * <p>Design note: a file that was replaced is told by its time and length. Should two of the same length be written
 * within one tick of the file system's clock, a boot replays what the one before it taught: it is a hint.
 *
 * <p>Thread-safe because entries are immutable and replaced as a whole.
 */
final class SequenceCache {

    private final FileSpace space;
    private final Map<Key, Entry> entries = new ConcurrentHashMap<>();

    private record Key(Path file, String subject, long pageCount) {}

    private record Entry(Instant modified, long length, WeakReference<Profile> profile) {}

    SequenceCache(FileSpace space) {
        this.space = space;
    }

    /** As {@link ProfileFile#read}. */
    Optional<Profile> read(Path file, String subject, long pageCount) throws IOException {
        Key key = new Key(file, subject, pageCount);
        try {
            Instant modified = space.modified(file);
            long length = space.size(file);
            Entry known = entries.get(key);
            Profile cached = known != null && known.length() == length && known.modified().equals(modified)
                    ? known.profile().get() : null;
            if (cached != null) {
                return Optional.of(cached);
            }
            Optional<Profile> learned = ProfileFile.read(space, file, subject, pageCount);
            forgetUnused();
            learned.ifPresent(it -> entries.put(key, new Entry(modified, length, new WeakReference<>(it))));
            return learned;
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private void forgetUnused() {
        entries.values().removeIf(entry -> entry.profile().refersTo(null));
    }
}
