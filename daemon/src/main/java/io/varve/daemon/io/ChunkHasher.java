package io.varve.daemon.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * SHA-256 of chunks that lie one behind the other: by the library, or in lanes once those were seen to be faster.
 *
 * <p>Owned by the thread that hashes.
 */
public final class ChunkHasher {

    /** Fewer chunks than this are not worth the lanes that stay empty. */
    private static final int MIN_LANES = 48;
    /** Rounds of the race before anybody can win: both sides must have been compiled. */
    private static final int MIN_ROUNDS = 32;
    private static final long RACE_LIMIT_NS = 3_000_000_000L;
    private static final Path PROCESSOR = Path.of("/proc/cpuinfo");
    /** x86 and arm64 names of SHA-256 instructions, which the library uses. */
    private static final Pattern SHA_INSTRUCTIONS = Pattern.compile("\\b(sha_ni|sha2)\\b");
    private static final AtomicBoolean RACE_STARTED = new AtomicBoolean();

    private static volatile boolean lanesAreFaster;

    private final MessageDigest library = Sha256.digest();
    private LaneSha256 lanes;
    private byte[] copy = new byte[0];

    /**
     * Finds out, on a thread of its own, whether lanes are faster than the library on this machine. Both give the
     * same digests; until it is known, the library works alone. The first call counts.
     */
    public static void warmUp() {
        if (RACE_STARTED.compareAndSet(false, true)) {
            Thread thread = new Thread(ChunkHasher::race, "varve-hash-race");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /**
     * @param chunkLength bytes, a multiple of 64
     * @param digests     takes 32 bytes per chunk
     */
    public void hash(DirectBuffer source, int index, int chunkLength, int chunkCount, MutableDirectBuffer digests,
            int digestIndex) {
        int done = 0;
        while (lanesAreFaster && chunkCount - done >= MIN_LANES) {
            int count = Math.min(LaneSha256.LANES, chunkCount - done);
            hashInLanes(source, index + done * chunkLength, chunkLength, count, digests,
                    digestIndex + done * Sha256.LENGTH);
            done += count;
        }
        for (; done < chunkCount; done++) {
            hashByLibrary(source, index + done * chunkLength, chunkLength, digests,
                    digestIndex + done * Sha256.LENGTH);
        }
    }

    private void hashInLanes(DirectBuffer source, int index, int chunkLength, int count, MutableDirectBuffer digests,
            int digestIndex) {
        if (lanes == null) {
            lanes = new LaneSha256();
        }
        lanes.hash(source, index, chunkLength, count, digests, digestIndex);
    }

    private void hashByLibrary(DirectBuffer source, int index, int length, MutableDirectBuffer digests,
            int digestIndex) {
        if (copy.length < length) {
            copy = new byte[length];
        }
        source.getBytes(index, copy, 0, length);
        library.update(copy, 0, length);
        digests.putBytes(digestIndex, library.digest());
    }

    /** Until the lanes are compiled and win, or have had their time. */
    private static void race() {
        if (hasShaInstructions()) {
            return;
        }
        int chunkLength = 1024;
        long deadlineNs = System.nanoTime() + RACE_LIMIT_NS;
        ChunkHasher hasher = new ChunkHasher();
        UnsafeBuffer source = new UnsafeBuffer(new byte[LaneSha256.LANES * chunkLength]);
        UnsafeBuffer digests = new UnsafeBuffer(new byte[LaneSha256.LANES * Sha256.LENGTH]);
        long bestLanesNs = Long.MAX_VALUE;
        long bestLibraryNs = Long.MAX_VALUE;
        for (int round = 1; System.nanoTime() < deadlineNs; round++) {
            long start = System.nanoTime();
            hasher.hashInLanes(source, 0, chunkLength, LaneSha256.LANES, digests, 0);
            long middle = System.nanoTime();
            for (int i = 0; i < LaneSha256.LANES; i++) {
                hasher.hashByLibrary(source, i * chunkLength, chunkLength, digests, i * Sha256.LENGTH);
            }
            bestLanesNs = Math.min(bestLanesNs, middle - start);
            bestLibraryNs = Math.min(bestLibraryNs, System.nanoTime() - middle);
            if (round >= MIN_ROUNDS && bestLanesNs < bestLibraryNs - bestLibraryNs / 5) {
                lanesAreFaster = true;
                return;
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static boolean hasShaInstructions() {
        try {
            return SHA_INSTRUCTIONS.matcher(Files.readString(PROCESSOR)).find();
        } catch (IOException e) {
            // Who cannot know races for it.
            return false;
        }
    }
}
