package io.varve.it.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Tool;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a file system may look like after a power cut: as a mount would leave it, it is whole.
 *
 * <p>Immutable.
 */
final class FileSystemCheck {

    /** What a mount does without a word, too: the journal, and files that were removed while the power went. */
    private static final List<Pattern> DONE_BY_A_MOUNT = List.of(
            Pattern.compile(".*: recovering journal"),
            Pattern.compile(".*: Clearing orphaned inode .*"),
            Pattern.compile(".*: clean, .*"));

    private FileSystemCheck() {}

    /** Replays the journal. @return whether there was anything to replay */
    static boolean replay(Path fileSystem) {
        Tool.Outcome outcome = Tool.of("e2fsck", "-p", fileSystem).run();
        assertThat(outcome.exitCode()).as("%s", outcome).isIn(0, 1);
        assertThat(outcome.out().lines())
                .as("%s", outcome)
                .allMatch(line -> DONE_BY_A_MOUNT.stream().anyMatch(known -> known.matcher(line).matches()));
        return outcome.out().contains("recovering journal");
    }

    /** Looks at everything, with the permission to repair it, and finds nothing to repair. */
    static void requireNothingToRepair(Path fileSystem) {
        Tool.Outcome outcome = Tool.of("e2fsck", "-f", "-y", fileSystem).run();
        assertThat(outcome.exitCode()).as("%s", outcome).isZero();
        assertThat(outcome.out()).as("%s", outcome).doesNotContain("Fix").doesNotContain("MODIFIED");
    }
}
