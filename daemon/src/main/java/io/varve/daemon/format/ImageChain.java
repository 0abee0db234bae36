package io.varve.daemon.format;

import io.varve.daemon.io.BlockSource;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.agrona.MutableDirectBuffer;

/**
 * A file and its parents as one disk, that of the file on top: of each sector, what the first image says that says
 * anything. A position is a byte in that disk.
 *
 * <p>Design note: a look goes down image by image, which costs a look at the tables of each; nothing is flattened,
 * because who wants speed that does not depend on the depth imports the chain.
 *
 * <p>Thread-safe because images are, and each thread has a scratch object of its own.
 */
public final class ImageChain implements BlockSource, Closeable {

    /** Answer of {@link #locate}: tables are not in memory. */
    public static final int UNKNOWN = -1;

    private static final ThreadLocal<Piece> PIECES = ThreadLocal.withInitial(Piece::new);

    private final List<ForeignImage> topFirst;
    private final long size;

    /** @param topFirst a file, its parent, and so on, at least one; closed by {@link #close} */
    public ImageChain(List<ForeignImage> topFirst) {
        this.topFirst = List.copyOf(topFirst);
        this.size = topFirst.get(0).size();
    }

    /** Bytes of the disk. */
    public long size() {
        return size;
    }

    /** A file, its parent, and so on. */
    public List<ForeignImage> images() {
        return topFirst;
    }

    /**
     * The disk that one of the files is, with what lies below it; shares the files, which stay the caller's to close.
     *
     * @param level 0 for the file on top
     */
    public ImageChain from(int level) {
        return level == 0 ? this : new ImageChain(topFirst.subList(level, topFirst.size()));
    }

    /**
     * Finds out which image speaks for a range.
     *
     * @param maxLength bytes, at least 1; the range lies inside the disk
     * @param piece     what that image says; {@link Piece#ABSENT} if none says anything: the bytes are zero
     * @return index in {@link #images}; of the last one if none speaks; {@link #UNKNOWN} if it would have to wait
     */
    public int locate(long offset, long maxLength, Piece piece, boolean mayWait) throws IOException {
        long length = maxLength;
        int last = topFirst.size() - 1;
        for (int level = 0; ; level++) {
            ForeignImage image = topFirst.get(level);
            long rest = image.size() - offset;
            if (rest <= 0) {
                // A parent that ends before: zeros, whatever lies below it.
                piece.setAbsent(length);
                return last;
            }
            length = Math.min(length, rest);
            if (!image.locate(offset, length, piece, mayWait)) {
                return UNKNOWN;
            }
            if (piece.length() < 1 || piece.length() > length) {
                throw new IllegalStateException(image.name() + " at " + offset + ", of " + length + ": " + piece);
            }
            length = piece.length();
            if (piece.kind() != Piece.ABSENT || level == last) {
                return level;
            }
        }
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireInside(position, length);
        Piece piece = PIECES.get();
        int done = 0;
        while (done < length) {
            int level = locate(position + done, length - done, piece, false);
            if (level == UNKNOWN || piece.kind() == Piece.ENCODED) {
                break;
            }
            int count = (int) piece.length();
            if (piece.kind() == Piece.DATA) {
                count = topFirst.get(level).file().readNow(piece.position(), destination, index + done, count);
                if (count == WOULD_BLOCK) {
                    break;
                }
            } else {
                destination.setMemory(index + done, count, (byte) 0);
            }
            done += count;
        }
        return done > 0 || length == 0 ? done : WOULD_BLOCK;
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        requireInside(position, length);
        Piece piece = PIECES.get();
        int done = 0;
        while (done < length) {
            long offset = position + done;
            ForeignImage image = topFirst.get(locate(offset, length - done, piece, true));
            int count = (int) piece.length();
            switch (piece.kind()) {
                case Piece.DATA -> image.file().read(piece.position(), destination, index + done, count);
                case Piece.ENCODED -> image.readEncoded(offset, destination, index + done, count);
                default -> destination.setMemory(index + done, count, (byte) 0);
            }
            done += count;
        }
    }

    private void requireInside(long position, int length) throws IOException {
        if (position < 0 || length < 0 || length > size - position) {
            throw new IOException(topFirst.get(0).name() + ": " + length + " bytes at " + position
                    + " do not lie inside its disk of " + size + " bytes");
        }
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (ForeignImage image : topFirst) {
            try {
                image.close();
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
