package io.varve.daemon.store;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Files that are read and replaced as a whole.
 *
 * <p>Thread-safe because it keeps nothing; two replacements of one file at once are kept apart by the catalogue's
 * lock.
 */
final class SmallFiles {

    private static final String NEW_SUFFIX = ".new";

    private final FileSpace space;

    SmallFiles(FileSpace space) {
        this.space = space;
    }

    /**
     * @param maxLength bytes; a longer file is refused before anything is allocated
     * @throws java.nio.file.NoSuchFileException if there is none
     */
    byte[] read(Path file, int maxLength) throws IOException {
        try (BlockFile open = space.open(file, OpenMode.READ)) {
            long size = open.size();
            if (size > maxLength) {
                throw new CorruptDataException(file.toString(), maxLength, "it is " + size + " bytes long, at most "
                        + maxLength + " are allowed");
            }
            UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect((int) size));
            if (size > 0) {
                open.read(0, buffer, 0, (int) size);
            }
            byte[] content = new byte[(int) size];
            buffer.getBytes(0, content);
            return content;
        }
    }

    /** After this the file has the new content, also after a power cut; before, the old one or none: never a mix. */
    void replace(Path file, byte[] content) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + NEW_SUFFIX);
        space.delete(fresh);
        try (BlockFile open = space.open(fresh, OpenMode.CREATE_NEW)) {
            UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(content.length));
            buffer.putBytes(0, content);
            open.write(0, buffer, 0, content.length);
            open.sync();
        } catch (IOException e) {
            deleteQuietly(fresh, e);
            throw e;
        }
        space.rename(fresh, file);
        space.syncDirectory(file.getParent());
    }

    /** Puts new content into a file that stays the same one, locks and all. Not durable; a power cut may mix it. */
    void overwrite(Path file, byte[] content) throws IOException {
        try (BlockFile open = space.open(file, OpenMode.READ_WRITE)) {
            UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(content.length));
            buffer.putBytes(0, content);
            open.truncate(0);
            open.write(0, buffer, 0, content.length);
        }
    }

    private void deleteQuietly(Path file, IOException cause) {
        try {
            space.delete(file);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
