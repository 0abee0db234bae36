package io.varve.daemon.remote;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.ChunkHasher;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What each chunk of a disk is, as its publisher says; drawn in the description of this package.
 *
 * <p>Design note: digests are read from the file when they are needed, and not kept in memory, because those of a disk
 * of 100 GiB take 200 MiB.
 *
 * <p>Thread-safe because the file is and scratch memory is per thread. Closed once, by the owner, when nothing is
 * checked any more.
 */
public final class DiskManifest implements ContentCheck, Closeable {

    /** Bytes that are read, or hashed, at once; whole chunks. */
    private static final int STEP_LENGTH = 1 << 20;
    private static final int STEP_CHUNKS = STEP_LENGTH / Chunks.CHUNK_SIZE;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private final BlockFile file;
    private final long diskSize;

    /** Of one thread. */
    private static final class Scratch {
        private final ChunkHasher hasher = new ChunkHasher();
        private final UnsafeBuffer known = Buffers.alignedDirect(STEP_CHUNKS * Sha256.LENGTH);
        private final UnsafeBuffer found = Buffers.alignedDirect(STEP_CHUNKS * Sha256.LENGTH);
    }

    private DiskManifest(BlockFile file, long diskSize) {
        this.file = file;
        this.diskSize = diskSize;
    }

    /**
     * Opens one that {@link #copy} has made.
     *
     * @param id as it said
     * @throws IOException if it is not there, or another one, or damaged where that can be told by a look
     */
    public static DiskManifest open(FileSpace space, Path path, long diskSize, String id) throws IOException {
        BlockFile file = space.open(path, FileSpace.OpenMode.READ);
        boolean done = false;
        try {
            UnsafeBuffer buffer = Buffers.alignedDirect(ManifestHeader.LENGTH);
            ManifestHeader header = header(file.name(), file.size(), file::read, buffer);
            file.read(header.fileLength() - Sha256.LENGTH, buffer, 0, Sha256.LENGTH);
            if (header.diskSize() != diskSize || !hex(buffer, 0).equals(id)) {
                throw new CorruptDataException(file.name(), header.fileLength() - Sha256.LENGTH,
                        "it is not the manifest " + id + " of a disk of " + diskSize + " bytes");
            }
            done = true;
            return new DiskManifest(file, diskSize);
        } finally {
            if (!done) {
                file.close();
            }
        }
    }

    @FunctionalInterface
    private interface Bytes {
        void read(long position, UnsafeBuffer destination, int index, int length) throws IOException;
    }

    private static ManifestHeader header(String name, long length, Bytes bytes, UnsafeBuffer buffer)
            throws IOException {
        if (length < ManifestHeader.LENGTH) {
            throw new CorruptDataException(name, length, "it ends inside its header: it is no manifest");
        }
        bytes.read(0, buffer, 0, ManifestHeader.LENGTH);
        ManifestHeader header = ManifestHeader.parse(name, buffer);
        if (length != header.fileLength()) {
            throw new CorruptDataException(name, Math.min(length, header.fileLength()), "it is " + length
                    + " bytes long, " + header.fileLength() + " are right for a disk of " + header.diskSize());
        }
        return header;
    }

    /**
     * Checks all of a manifest and copies it; durable at return, but for its name.
     *
     * @param diskSize bytes of the disk that it must be of
     * @param target   empty
     * @return its id: the digest at its end, in hexadecimal digits
     * @throws IOException if it is of another disk, damaged, or cannot be read or written
     */
    public static String copy(ManifestSource source, long diskSize, BlockFile target) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(STEP_LENGTH);
        ManifestHeader header = header(source.name(), source.length(), source::read, buffer);
        if (header.diskSize() != diskSize) {
            throw new OriginException(Kind.WRONG, source.name() + " is the manifest of a disk of " + header.diskSize()
                    + " bytes, and this one has " + diskSize, null);
        }
        MessageDigest digest = Sha256.digest();
        long end = header.fileLength() - Sha256.LENGTH;
        byte[] heap = new byte[STEP_LENGTH];
        for (long position = 0; position < end; ) {
            int length = (int) Math.min(STEP_LENGTH, end - position);
            source.read(position, buffer, 0, length);
            buffer.getBytes(0, heap, 0, length);
            digest.update(heap, 0, length);
            target.write(position, buffer, 0, length);
            position += length;
        }
        source.read(end, buffer, 0, Sha256.LENGTH);
        String id = hex(buffer, 0);
        if (!HexFormat.of().formatHex(digest.digest()).equals(id)) {
            throw new CorruptDataException(source.name(), end, "its digest is that of another content");
        }
        target.write(end, buffer, 0, Sha256.LENGTH);
        target.sync();
        return id;
    }

    /** Hears how far a long job is. */
    @FunctionalInterface
    public interface Progress {

        /**
         * @param position bytes of the disk that are done
         * @throws IOException to end it
         */
        void reached(long position) throws IOException;
    }

    /**
     * Makes the manifest of a raw disk; durable at return, but for its name.
     *
     * @param target empty
     * @return its id
     */
    public static String make(BlockFile disk, BlockFile target, Progress progress) throws IOException {
        long size = disk.size();
        if (size < 1 || size > Chunks.MAX_DISK_SIZE) {
            throw new OriginException(Kind.REFUSED, disk.name() + " has " + size + " bytes: a manifest is of 1 to "
                    + Chunks.MAX_DISK_SIZE, null);
        }
        ManifestHeader header = new ManifestHeader(size);
        MessageDigest digest = Sha256.digest();
        UnsafeBuffer buffer = Buffers.alignedDirect(STEP_LENGTH);
        header.write(buffer);
        append(target, 0, buffer, ManifestHeader.LENGTH, digest);
        UnsafeBuffer digests = Buffers.alignedDirect(STEP_CHUNKS * Sha256.LENGTH);
        long position = 0;
        while (position < size) {
            int length = (int) Math.min(STEP_LENGTH, size - position);
            disk.readQuietly(position, buffer, 0, length);
            int count = hash(SCRATCH.get().hasher, buffer, 0, length, digests);
            append(target, digestPosition(Chunks.index(position)), digests, count * Sha256.LENGTH, digest);
            position += length;
            progress.reached(position);
        }
        byte[] whole = digest.digest();
        buffer.putBytes(0, whole);
        target.write(header.fileLength() - Sha256.LENGTH, buffer, 0, Sha256.LENGTH);
        target.sync();
        return HexFormat.of().formatHex(whole);
    }

    private static void append(BlockFile target, long position, UnsafeBuffer buffer, int length, MessageDigest digest)
            throws IOException {
        byte[] heap = new byte[length];
        buffer.getBytes(0, heap);
        digest.update(heap);
        target.write(position, buffer, 0, length);
    }

    /**
     * @param length bytes of chunks, of which only the last one may be short
     * @return how many there are
     */
    private static int hash(ChunkHasher hasher, DirectBuffer buffer, int index, int length, UnsafeBuffer digests) {
        int whole = length / Chunks.CHUNK_SIZE;
        hasher.hash(buffer, index, Chunks.CHUNK_SIZE, whole, digests, 0);
        int rest = length % Chunks.CHUNK_SIZE;
        if (rest > 0) {
            hasher.hash(buffer, index + length - rest, rest, 1, digests, whole * Sha256.LENGTH);
        }
        return whole + (rest > 0 ? 1 : 0);
    }

    private static long digestPosition(int chunk) {
        return ManifestHeader.LENGTH + Sha256.LENGTH * (long) chunk;
    }

    private static String hex(UnsafeBuffer buffer, int index) {
        byte[] bytes = new byte[Sha256.LENGTH];
        buffer.getBytes(index, bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Of whole chunks only: others would pass unseen. */
    @Override
    public void check(long position, DirectBuffer buffer, int index, int length) throws OriginException {
        long end = position + length;
        if (position != Chunks.position(Chunks.index(position))
                || end != diskSize && end != Chunks.position(Chunks.index(end))) {
            throw new IllegalArgumentException("bytes " + position + " to " + end + " are not whole chunks");
        }
        for (int done = 0; done < length; done += STEP_LENGTH) {
            checkStep(position + done, buffer, index + done, Math.min(STEP_LENGTH, length - done));
        }
    }

    private void checkStep(long position, DirectBuffer buffer, int index, int length) throws OriginException {
        Scratch scratch = SCRATCH.get();
        int count = hash(scratch.hasher, buffer, index, length, scratch.found);
        try {
            file.read(digestPosition(Chunks.index(position)), scratch.known, 0, count * Sha256.LENGTH);
        } catch (IOException e) {
            throw new OriginException(Kind.UNAVAILABLE, "the manifest cannot be read: " + e.getMessage(), e);
        }
        for (int i = 0; i < count * Sha256.LENGTH; i += Long.BYTES) {
            if (scratch.found.getLong(i) != scratch.known.getLong(i)) {
                long wrong = position + Chunks.position(i / Sha256.LENGTH);
                throw new OriginException(Kind.WRONG, "the chunk at byte " + wrong
                        + " of the disk is not what the manifest says", null);
            }
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
