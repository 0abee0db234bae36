package io.varve.daemon.cli;

import io.varve.daemon.format.merge.FileMerge;
import io.varve.daemon.format.merge.MergeRecord;
import io.varve.daemon.format.merge.MergeRecord.State;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Merges a differencing image into its parent, in the files. Owned by the thread that runs the command. */
@Command(name = "merge-file", description = "Merge a differencing VHD or VHDX into its parent, in the parent's file. "
        + "First that is only noted, beside the parent: 'varve serve --image-file PARENT' serves the merged disk from "
        + "then on, and --copy moves the blocks, now or later. A copy that was cut short goes on where it was "
        + "when it is repeated. Other children of the parent become invalid.")
final class MergeFileCommand extends StoreCommand {

    @Parameters(index = "0", paramLabel = "CHILD", description = "The differencing image; it is only read.")
    private Path child;

    @Option(names = "--into", paramLabel = "PARENT", required = true,
            description = "The image that it was made on; it becomes the merged disk.")
    private Path parent;

    @Option(names = "--copy", description = "Move the blocks of CHILD into PARENT.")
    private boolean copy;

    @Override
    public Integer call() throws IOException {
        FileMerge merge = new FileMerge(new NativeFileSpace(), child.toRealPath(), parent.toRealPath());
        if (!copy) {
            printNoted(merge.note(UUID::randomUUID));
            return DONE;
        }
        boolean moved;
        try (ProgressPrinter progress = ProgressPrinter.on(surroundings(), "merging " + child.getFileName())) {
            moved = merge.copy(UUID::randomUUID, progress::onProgress);
        }
        print(moved
                ? "merged " + child + " into " + parent + ": " + child + " is no longer needed"
                : alreadyMerged());
        return DONE;
    }

    private String alreadyMerged() {
        return child + " has been merged into " + parent + " before, and is no longer needed";
    }

    private void printNoted(MergeRecord noted) {
        if (!noted.isUnderWay()) {
            print(alreadyMerged());
            return;
        }
        print("the merge of " + child + " into " + parent + " is noted: 'varve serve --image-file " + parent
                + "' serves the merged disk from now on; keep both files until --copy has moved the blocks");
        print(noted.state() == State.PLANNED
                ? "until then other programs see the old " + parent + ", also a daemon that serves it already: restart "
                        + "that before; from then on other children of " + parent + " are invalid"
                : "the copy has been begun, and was at " + Units.share(noted.movedEnd(), noted.diskSize())
                        + ": repeat it with --copy");
    }
}
