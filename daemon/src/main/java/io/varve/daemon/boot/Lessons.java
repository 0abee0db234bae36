package io.varve.daemon.boot;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Decides what a finished boot changes about what is known of its image, and when that is worth a write: boots that
 * bring nothing new are counted in memory, and written with the next change, or when as many have gathered as are
 * written already, or sixteen. A daemon that stops forgets those that are not written.
 *
 * <p>Thread-safe because the table is; boots of one image come one at a time.
 */
final class Lessons {

    private static final int MAX_UNWRITTEN = 16;

    private final Map<String, Unwritten> unwritten = new ConcurrentHashMap<>();

    /**
     * Boots that confirmed the first variant of a profile.
     *
     * @param bootCount of the profile as it is written; that of another one differs, or soon will
     */
    private record Unwritten(long bootCount, int count) {}

    /**
     * What a boot taught. Immutable.
     *
     * @param profile to be written; empty if what is written stays
     */
    record Outcome(Profile.Lesson lesson, Optional<Profile> profile) {}

    /**
     * @param known         as it is written
     * @param diskPageCount of the disk that booted
     */
    Outcome of(String imageName, Optional<Profile> known, Sequence boot, long diskPageCount) {
        final Unwritten before = unwritten.remove(imageName);
        if (known.isEmpty()) {
            final Profile.Lesson lesson = Profile.firstLesson(boot, diskPageCount);
            return new Outcome(lesson, Optional.of(lesson.profile()));
        }
        final Profile written = known.get();
        final int count = before != null && before.bootCount == written.bootCount() ? before.count : 0;
        final Quality good = new Quality(Quality.MAX, Quality.MAX);
        final Profile.Lesson lesson = written.confirmed(count, good).learn(boot);
        if (lesson.news() == Profile.News.NOTHING && isOfFirst(written, lesson)
                && count + 1 < Math.min(MAX_UNWRITTEN, written.variants().get(0).confirmedCount())) {
            unwritten.put(imageName, new Unwritten(written.bootCount(), count + 1));
            return new Outcome(lesson, Optional.empty());
        }
        return new Outcome(lesson, Optional.of(lesson.profile()));
    }

    /** Whether the boot was of the kind that was seen last already. */
    private static boolean isOfFirst(Profile written, Profile.Lesson lesson) {
        return lesson.profile().variants().get(0).sequence() == written.variants().get(0).sequence();
    }
}
