package io.varve.daemon.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.regex.Pattern;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * SHA-256 of chunks that lie one behind the other: by the library where the processor has instructions for it, in
 * lanes where it has wide vectors instead.
 *
 * <p>Owned by the thread that hashes.
 */
public final class ChunkHasher {

    /** Fewer chunks than this are not worth the lanes that stay empty. */
    private static final int MIN_LANES = 48;

    private static final boolean LANES_ARE_FASTER = lanesAreFaster(processorFeatures());

    private final boolean inLanes;
    private final MessageDigest library = Sha256.digest();
    private LaneSha256 lanes;
    private byte[] copy = new byte[0];

    public ChunkHasher() {
        this(LANES_ARE_FASTER);
    }

    /** @param inLanes where there are chunks enough */
    ChunkHasher(boolean inLanes) {
        this.inLanes = inLanes;
    }

    /**
     * @param chunkLength bytes, a multiple of 64
     * @param digests     takes 32 bytes per chunk
     */
    public void hash(DirectBuffer source, int index, int chunkLength, int chunkCount, MutableDirectBuffer digests,
            int digestIndex) {
        int done = 0;
        while (inLanes && chunkCount - done >= MIN_LANES) {
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

    /** @param features of the processor, as Linux prints them: sha_ni on x86 and sha2 on arm64 are what we look for */
    static boolean lanesAreFaster(String features) {
        return has(features, "avx2") && !has(features, "sha_ni|sha2");
    }

    private static boolean has(String features, String names) {
        return Pattern.compile("\\b(" + names + ")\\b").matcher(features).find();
    }

    private static String processorFeatures() {
        try {
            return Files.readString(Path.of("/proc/cpuinfo"));
        } catch (IOException e) {
            // Without proc the library is the safe choice.
            return "";
        }
    }
}
