package io.varve.daemon.layer;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.ChunkHasher;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.DamageList;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.function.LongConsumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Compares the pages of one blob with its checksums and digests. Where the two disagree about a page, it tells which
 * of the three files is wrong.
 *
 * <p>Owned by the thread that scrubs.
 */
final class BlobScrub {

    private final FileSpace space;
    private final BlobRef ref;
    private final DamageList damages;
    private final Path pagesPath;
    private final Path crcPath;
    private final Path chunksPath;
    private final UnsafeBuffer content;
    private final UnsafeBuffer digests;
    /** Pages of the piece that the disk does not give. */
    private final BitSet unreadable = new BitSet();
    private final byte[] digest = new byte[Sha256.LENGTH];
    private final ChunkHasher hasher = new ChunkHasher();
    private ScrubbedTable crcs;
    private ScrubbedTable chunks;

    /** @param pieceLength bytes that are checked between two calls of the progress, whole chunks */
    BlobScrub(FileSpace space, Path directory, BlobRef ref, int pieceLength, DamageList damages) {
        this.space = space;
        this.ref = ref;
        this.damages = damages;
        this.pagesPath = directory.resolve(LayerFiles.PAGES);
        this.crcPath = directory.resolve(LayerFiles.CRC);
        this.chunksPath = directory.resolve(LayerFiles.CHUNKS);
        this.content = Buffers.alignedDirect((int) Math.min(pieceLength, Pages.offset(ref.pageCount())));
        this.digests = Buffers.alignedDirect(
                (content.capacity() + Segment.CHUNK_LENGTH - 1) / Segment.CHUNK_LENGTH * Sha256.LENGTH);
    }

    /** @param progress is told how many more bytes were checked */
    void run(LongConsumer progress) {
        try (ScrubbedTable openCrcs = new ScrubbedTable(space, crcPath, TableKind.CRC, ref, damages);
                ScrubbedTable openChunks = new ScrubbedTable(space, chunksPath, TableKind.CHUNKS, ref, damages);
                BlockFile pages = space.open(pagesPath, OpenMode.READ)) {
            crcs = openCrcs;
            chunks = openChunks;
            checkName();
            long length = Math.min(checkedSize(pages), Pages.offset(ref.pageCount()));
            for (long done = 0; done < length; done += content.capacity()) {
                int count = (int) Math.min(content.capacity(), length - done);
                checkPiece(pages, done, count);
                progress.accept(count);
            }
        } catch (IOException e) {
            damages.addWhole(space, pagesPath, e);
        }
    }

    /** @return bytes that can be checked */
    private long checkedSize(BlockFile pages) throws IOException {
        long size = pages.size();
        long right = Pages.offset(ref.pageCount());
        if (size < right) {
            damages.add(pagesPath, size, right - size, "these bytes are missing");
        } else if (size > right) {
            damages.add(pagesPath, right, size - right, "these bytes do not belong there");
        }
        return size & ~(long) Pages.PAGE_MASK;
    }

    /** The name of the blob is the digest of its digests. */
    private void checkName() {
        if (!chunks.isWhole()) {
            return;
        }
        MessageDigest all = Sha256.digest();
        for (long chunk = 0; chunk < chunks.entryCount(); chunk++) {
            chunks.get(chunk, digest);
            all.update(digest);
        }
        if (!TableHeader.contentId(all, chunks.entryCount(), ref.pageCount(), 0).equals(ref.id())) {
            damages.add(chunksPath, TableHeader.LENGTH, chunks.entryCount() * Sha256.LENGTH,
                    "these are not the digests that the blob is named after");
        }
    }

    private void checkPiece(BlockFile pages, long position, int length) {
        unreadable.clear();
        try {
            pages.readQuietly(position, content, 0, length);
        } catch (IOException e) {
            readPageByPage(pages, position, length);
        }
        int whole = length / Segment.CHUNK_LENGTH;
        hasher.hash(content, 0, Segment.CHUNK_LENGTH, whole, digests, 0);
        int rest = length % Segment.CHUNK_LENGTH;
        if (rest > 0) {
            hasher.hash(content, whole * Segment.CHUNK_LENGTH, rest, 1, digests, whole * Sha256.LENGTH);
        }
        for (int i = 0; i < whole + (rest > 0 ? 1 : 0); i++) {
            checkChunk(position / Segment.CHUNK_LENGTH + i, i, Math.min(Segment.CHUNK_LENGTH,
                    length - i * Segment.CHUNK_LENGTH));
        }
    }

    /** One bad sector must not hide what is around it. */
    private void readPageByPage(BlockFile pages, long position, int length) {
        for (int done = 0; done < length; done += Pages.PAGE_SIZE) {
            try {
                pages.readQuietly(position + done, content, done, Pages.PAGE_SIZE);
            } catch (IOException e) {
                unreadable.set(done / Pages.PAGE_SIZE);
                damages.add(pagesPath, position + done, Pages.PAGE_SIZE, "it cannot be read");
            }
        }
    }

    private void checkChunk(long chunk, int inPiece, int length) {
        int firstInPiece = inPiece * Segment.CHUNK_PAGES;
        int firstBad = unreadable.nextSetBit(firstInPiece);
        boolean readable = firstBad < 0 || firstBad >= firstInPiece + length / Pages.PAGE_SIZE;
        boolean known = chunks.get(chunk, digest) && readable;
        boolean right = known && isDigest(inPiece);
        boolean pagesRight = true;
        for (int i = 0; i < length / Pages.PAGE_SIZE; i++) {
            long page = chunk * Segment.CHUNK_PAGES + i;
            int index = inPiece * Segment.CHUNK_LENGTH + i * Pages.PAGE_SIZE;
            if (unreadable.get(firstInPiece + i) || !crcs.isKnown(page)
                    || crcs.getInt(page) == Crc32c.of(content, index, Pages.PAGE_SIZE)) {
                continue;
            }
            pagesRight = false;
            if (right) {
                damages.add(crcPath, TableHeader.LENGTH + page * Integer.BYTES, Integer.BYTES,
                        "the checksum of a page that is right");
            } else {
                damages.add(pagesPath, Pages.offset(page), Pages.PAGE_SIZE, "its checksum is wrong");
            }
        }
        if (known && !right && pagesRight) {
            damages.add(pagesPath, chunk * Segment.CHUNK_LENGTH, length, "its digest is wrong");
        }
    }

    private boolean isDigest(int inPiece) {
        for (int i = 0; i < Sha256.LENGTH; i++) {
            if (digest[i] != digests.getByte(inPiece * Sha256.LENGTH + i)) {
                return false;
            }
        }
        return true;
    }
}
