package io.varve.daemon.store;

import io.varve.daemon.format.FileStamp;
import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.Piece;
import io.varve.daemon.format.merge.MergeRecord;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.SparseSource;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.agrona.MutableDirectBuffer;

/**
 * An image file and its parents in whole pages: what does not fill the last page is zero.
 *
 * <p>Thread-safe because the chain is; the owner closes it once.
 */
final class LinkedDisk implements SparseSource, Closeable {

    private static final ThreadLocal<Piece> PIECES = ThreadLocal.withInitial(Piece::new);

    private final ImageChain chain;
    private final List<FileStamp> stamps;
    private final Optional<UUID> merge;
    /** Of files whose format knows none; null for others. */
    private final FileHoles[] holes;

    private LinkedDisk(ImageOpener.Opened opened) throws IOException {
        this.chain = opened.chain();
        this.stamps = stamps(opened);
        this.merge = opened.merge().map(MergeRecord::id);
        this.holes = new FileHoles[chain.images().size()];
        for (int i = 0; i < holes.length; i++) {
            ForeignImage image = chain.images().get(i);
            holes[i] = image.format() == ImageFormat.RAW ? FileHoles.of(image.file()) : null;
        }
    }

    /** @param format null to tell by the file's own mark */
    static LinkedDisk open(FileSpace space, Path file, ImageFormat format, List<Path> directories)
            throws IOException {
        return open(space, ImageReader::ofAll, file, format, directories);
    }

    static LinkedDisk open(FileSpace space, ImageReader reader, Path file, ImageFormat format, List<Path> directories)
            throws IOException {
        ImageOpener.Opened opened = new ImageOpener(space, reader, directories, "--image-format")
                .open(file, Optional.ofNullable(format));
        try {
            return new LinkedDisk(opened);
        } catch (IOException | RuntimeException e) {
            opened.chain().close();
            throw e;
        }
    }

    /** Of the file on top. */
    ImageFormat format() {
        return chain.images().get(0).format();
    }

    /** A child and the parent that it is merged into are one file: what that is like, the record of the merge says. */
    private static List<FileStamp> stamps(ImageOpener.Opened opened) {
        if (opened.merge().isEmpty()) {
            return opened.stamps();
        }
        int parent = opened.merge().get().isUnderWay() ? 1 : 0;
        List<FileStamp> stamps = new ArrayList<>(opened.stamps().subList(parent, opened.stamps().size()));
        stamps.set(0, new FileStamp(stamps.get(0).path(), 0, Instant.EPOCH));
        return stamps;
    }

    /** Of a child into the file that was asked for, which is the merged disk whatever is in that file. */
    Optional<UUID> merge() {
        return merge;
    }

    /** What the files were like before they were opened, top first. */
    List<FileStamp> stamps() {
        return stamps;
    }

    /** Bytes of the disk. */
    long size() {
        return chain.size();
    }

    @Override
    public long knownZeros(long position, long maxLength) {
        long inside = Math.min(maxLength, chain.size() - position);
        if (inside <= 0) {
            return maxLength;
        }
        Piece piece = PIECES.get();
        try {
            int level = chain.locate(position, inside, piece, false);
            if (level == ImageChain.UNKNOWN) {
                return -maxLength;
            }
            if (piece.kind() == Piece.DATA && holes[level] != null) {
                return holes[level].knownZeros(piece.position(), piece.length());
            }
            boolean zero = piece.kind() == Piece.ZERO || piece.kind() == Piece.ABSENT;
            return zero ? piece.length() : -piece.length();
        } catch (IOException e) {
            // A read of the range will tell what is wrong with it.
            return -maxLength;
        }
    }

    @Override
    public boolean staysNear(long position, long length) throws IOException {
        long end = Math.min(chain.size(), position + length);
        Piece piece = PIECES.get();
        for (long at = position; at < end; at += piece.length()) {
            chain.locate(at, end - at, piece, true);
            if (piece.kind() == Piece.ENCODED) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        long inside = chain.size() - position;
        if (inside <= 0) {
            destination.setMemory(index, length, (byte) 0);
            return length;
        }
        return chain.readNow(position, destination, index, (int) Math.min(length, inside));
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        int inside = (int) Math.max(0, Math.min(length, chain.size() - position));
        if (inside > 0) {
            chain.read(position, destination, index, inside);
        }
        destination.setMemory(index + inside, length - inside, (byte) 0);
    }

    @Override
    public void close() throws IOException {
        chain.close();
    }
}
