package io.varve.daemon.cache;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Crc32c;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bitmap on disk. A block of it that is damaged, torn by a power cut say, counts as zeros: its chunks are fetched
 * again.
 *
 * <pre>
 *   block i, at 4096 * (i + 1):
 *    0                                              4080            4088          4092
 *   +----------------------------------------------+---------------+-------------+---------+
 *   | 510 words, one bit per chunk                 | i             | zero        | CRC32C  |
 *   +----------------------------------------------+---------------+-------------+---------+
 * </pre>
 *
 * <p>Owned by the thread that persists.
 */
final class ReadyFile {

    private static final Logger LOG = LoggerFactory.getLogger(ReadyFile.class);
    private static final int BLOCK_LENGTH = 4096;
    private static final int WORDS_PER_BLOCK = 510;
    private static final int INDEX_OFFSET = WORDS_PER_BLOCK * Long.BYTES;
    private static final int ZERO_OFFSET = INDEX_OFFSET + Long.BYTES;
    private static final int CRC_OFFSET = BLOCK_LENGTH - Integer.BYTES;

    private final BlockFile file;
    private final int chunkCount;
    /** What a power cut would leave; while blocks are written, all that it might. */
    private final ChunkBits durable;

    /** @param file with all its blocks */
    ReadyFile(BlockFile file, int chunkCount) {
        this.file = file;
        this.chunkCount = chunkCount;
        this.durable = new ChunkBits(chunkCount);
    }

    /** Bytes of the whole file. */
    static long length(int chunkCount) {
        return ReadyHeader.LENGTH + BLOCK_LENGTH * (long) blockCount(chunkCount);
    }

    private static int blockCount(int chunkCount) {
        return (ChunkBits.wordCount(chunkCount) + WORDS_PER_BLOCK - 1) / WORDS_PER_BLOCK;
    }

    ChunkBits durable() {
        return durable;
    }

    /** Brings the bits into memory. */
    void load(ChunkBits ready) throws IOException {
        UnsafeBuffer buffer = Buffers.alignedDirect(BLOCK_LENGTH);
        int damaged = 0;
        for (int block = 0; block < blockCount(chunkCount); block++) {
            file.read(position(block), buffer, 0, BLOCK_LENGTH);
            if (!isWhole(buffer, block)) {
                damaged++;
                continue;
            }
            for (int word = firstWord(block); word < endWord(block); word++) {
                long bits = buffer.getLong((word - firstWord(block)) * Long.BYTES, LITTLE_ENDIAN);
                durable.setWord(word, bits);
                ready.setWord(word, bits);
            }
        }
        if (damaged > 0) {
            LOG.warn("{}: {} of {} blocks are damaged, what they say is here is fetched again", file.name(), damaged,
                    blockCount(chunkCount));
        }
        // What was read may be what a process wrote that was killed before its sync. From now on it is relied upon.
        file.sync();
    }

    private boolean isWhole(UnsafeBuffer buffer, int block) {
        if (buffer.getInt(CRC_OFFSET, LITTLE_ENDIAN) != Crc32c.of(buffer, 0, CRC_OFFSET)
                || buffer.getLong(INDEX_OFFSET, LITTLE_ENDIAN) != block
                || buffer.getInt(ZERO_OFFSET, LITTLE_ENDIAN) != 0) {
            return false;
        }
        for (int i = 0; i < WORDS_PER_BLOCK; i++) {
            if ((buffer.getLong(i * Long.BYTES, LITTLE_ENDIAN) & ~possible(firstWord(block) + i)) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The bits of a word that belong to chunks of the disk. */
    private long possible(int word) {
        long chunks = chunkCount - (long) word * ChunkBits.WORD_BITS;
        return chunks <= 0 ? 0 : chunks >= ChunkBits.WORD_BITS ? -1 : (1L << chunks) - 1;
    }

    /** The blocks that say something else than the disk does, by number; as of now, whatever changes meanwhile. */
    Map<Integer, UnsafeBuffer> changedBlocks(ChunkBits ready) {
        Map<Integer, UnsafeBuffer> changed = new TreeMap<>();
        for (int block = 0; block < blockCount(chunkCount); block++) {
            for (int word = firstWord(block); word < endWord(block); word++) {
                if (ready.word(word) != durable.word(word)) {
                    changed.put(block, blockOf(ready, block));
                    break;
                }
            }
        }
        return changed;
    }

    private UnsafeBuffer blockOf(ChunkBits ready, int block) {
        UnsafeBuffer buffer = Buffers.alignedDirect(BLOCK_LENGTH);
        for (int word = firstWord(block); word < endWord(block); word++) {
            buffer.putLong((word - firstWord(block)) * Long.BYTES, ready.word(word), LITTLE_ENDIAN);
        }
        buffer.putLong(INDEX_OFFSET, block, LITTLE_ENDIAN);
        buffer.putInt(CRC_OFFSET, Crc32c.of(buffer, 0, CRC_OFFSET), LITTLE_ENDIAN);
        return buffer;
    }

    void write(Map<Integer, UnsafeBuffer> blocks) throws IOException {
        for (Map.Entry<Integer, UnsafeBuffer> block : blocks.entrySet()) {
            forEachWord(block, (word, bits) -> durable.setWord(word, durable.word(word) | bits));
            file.write(position(block.getKey()), block.getValue(), 0, BLOCK_LENGTH);
        }
    }

    /** Makes durable what was written, all of it with one sync. */
    void sync(Map<Integer, UnsafeBuffer> blocks) throws IOException {
        file.sync();
        for (Map.Entry<Integer, UnsafeBuffer> block : blocks.entrySet()) {
            forEachWord(block, durable::setWord);
        }
    }

    private interface WordConsumer {
        void accept(int word, long bits);
    }

    private void forEachWord(Map.Entry<Integer, UnsafeBuffer> block, WordConsumer consumer) {
        int first = firstWord(block.getKey());
        for (int word = first; word < endWord(block.getKey()); word++) {
            consumer.accept(word, block.getValue().getLong((word - first) * Long.BYTES, LITTLE_ENDIAN));
        }
    }

    /** Writes blocks of zeros into a new file. */
    void writeEmpty() throws IOException {
        ChunkBits none = new ChunkBits(chunkCount);
        for (int block = 0; block < blockCount(chunkCount); block++) {
            file.write(position(block), blockOf(none, block), 0, BLOCK_LENGTH);
        }
    }

    private static long position(int block) {
        return ReadyHeader.LENGTH + BLOCK_LENGTH * (long) block;
    }

    private static int firstWord(int block) {
        return block * WORDS_PER_BLOCK;
    }

    private int endWord(int block) {
        return Math.min(firstWord(block + 1), durable.wordCount());
    }
}
