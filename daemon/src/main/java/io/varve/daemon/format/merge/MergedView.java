package io.varve.daemon.format.merge;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The merged disk while the merge is under way: the child over its parent, whatever is in the parent already. What the
 * copy changes, the child covers; where the child has nothing, the parent says the same before, meanwhile and after.
 *
 * <p>Thread-safe because it keeps nothing.
 */
public final class MergedView {

    private final FileSpace space;
    private final ImageReader reader;

    public MergedView(FileSpace space, ImageReader reader) {
        this.space = space;
        this.reader = reader;
    }

    /**
     * @param child  where the record's child is
     * @return the child and the parent, open
     * @throws MergeException if one of the files is not what the record says
     */
    public List<ForeignImage> open(MergeRecord merge, Path parent, Path child) throws IOException {
        ForeignImage top = openChild(merge, parent, child);
        boolean done = false;
        try {
            ForeignImage below = openParent(merge, parent);
            done = true;
            return List.of(top, below);
        } finally {
            if (!done) {
                top.close();
            }
        }
    }

    void requireParent(MergeRecord merge, Path parent) throws IOException {
        if (!merge.describes(MergeRecord.Stamp.of(space, parent))) {
            throw new MergeException(parent + " changed after its merge with " + merge.child().path()
                    + " was noted: bring back what it was, or give the merge up by deleting "
                    + MergeRecords.of(parent));
        }
    }

    ForeignImage openChild(MergeRecord merge, Path parent, Path child) throws IOException {
        ForeignImage image = reader.open(space, child, merge.parent().format());
        if (!MergeRecord.Stamp.of(space, child).equals(merge.child().stamp())
                || !merge.child().id().toString().equals(image.id().orElse(null))
                || image.size() != merge.diskSize()) {
            image.close();
            throw new MergeException(child + " is not as it was when its merge into " + parent
                    + " was noted: bring back what it was");
        }
        return image;
    }

    /** The parent alone, for a child that covers what is changed in it. */
    public ForeignImage openParent(MergeRecord merge, Path parent) throws IOException {
        requireParent(merge, parent);
        BlockFile file = space.open(parent, OpenMode.READ);
        boolean done = false;
        try {
            ForeignImage image = reader.read(new GrowingFile(file, merge.parent().lengthLimit()),
                    merge.parent().format());
            requireKnown(merge, image, parent);
            done = true;
            return image;
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    static void requireKnown(MergeRecord merge, ForeignImage image, Path parent) throws IOException {
        List<String> ids = List.of(merge.parent().idBefore().toString(), merge.parent().idAfter().toString());
        if (!ids.contains(image.id().orElse("")) || image.size() != merge.diskSize()) {
            throw new MergeException(parent + " is not the disk that " + MergeRecords.of(parent)
                    + " is about, its id is " + image.id().orElse("none")
                    + ": bring that disk back, or delete the record if it is of another");
        }
    }
}
