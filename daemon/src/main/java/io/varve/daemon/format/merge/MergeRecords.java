package io.varve.daemon.format.merge;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Records in the directories of the files that they are about: {@code PARENT.varve-merge}.
 *
 * <p>Thread-safe because it keeps nothing; only who holds the parent's lock replaces a record.
 */
public final class MergeRecords {

    private static final String SUFFIX = ".varve-merge";
    private static final String NEW_SUFFIX = ".new";

    private final FileSpace space;

    public MergeRecords(FileSpace space) {
        this.space = space;
    }

    /** @param parent absolute, with symbolic links resolved */
    public static Path of(Path parent) {
        return parent.resolveSibling(parent.getFileName() + SUFFIX);
    }

    /**
     * @param parent absolute, with symbolic links resolved
     * @return empty if no merge into this file is under way, nor was one finished
     * @throws CorruptDataException                      if there is a record, but a damaged one
     * @throws io.varve.daemon.io.FormatVersionException if it is of another version
     */
    public Optional<MergeRecord> find(Path parent) throws IOException {
        Path file = of(parent);
        try (BlockFile open = space.open(file, OpenMode.READ)) {
            long length = open.size();
            if (length > RecordCodec.MAX_LENGTH) {
                throw new CorruptDataException(file.toString(), RecordCodec.MAX_LENGTH,
                        "it has " + length + " bytes, too many for the record of a merge");
            }
            UnsafeBuffer bytes = Buffers.alignedDirect((int) Math.max(1, length));
            open.read(0, bytes, 0, (int) length);
            return Optional.of(RecordCodec.decode(file.toString(), new UnsafeBuffer(bytes, 0, (int) length)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** After this the record is the new one, also after a power cut; before, the old one, or none. */
    void replace(Path parent, MergeRecord merge) throws IOException {
        Path file = of(parent);
        Path fresh = file.resolveSibling(file.getFileName() + NEW_SUFFIX);
        UnsafeBuffer bytes = RecordCodec.encode(merge);
        if (space.exists(fresh)) {
            space.delete(fresh);
            // Or the name could lead to the half of a record again that an earlier run left.
            space.syncDirectory(file.getParent());
        }
        boolean done = false;
        try (BlockFile open = space.open(fresh, OpenMode.CREATE_NEW)) {
            open.write(0, bytes, 0, bytes.capacity());
            open.sync();
            done = true;
        } finally {
            if (!done) {
                deleteQuietly(fresh);
            }
        }
        space.rename(fresh, file);
        space.syncDirectory(file.getParent());
    }

    private void deleteQuietly(Path file) {
        try {
            space.delete(file);
        } catch (IOException e) {
            // The next one who writes a record deletes it.
            return;
        }
    }
}
