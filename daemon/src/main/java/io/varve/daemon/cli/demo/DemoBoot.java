package io.varve.daemon.cli.demo;

import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads as a machine that boots: the same scattered pieces in the same order each time, with time to think between
 * them, after the firmware has had its moment.
 *
 * <p>Immutable.
 */
public final class DemoBoot {

    private static final long SEED = 1;
    private static final int MAX_READ_PAGES = 16;
    private static final long FIRMWARE_NS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final long THINK_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final DemoImage image;
    private final int version;
    private final List<int[]> reads = new ArrayList<>();

    /** @param pageCount how many pages to read at least */
    public DemoBoot(DemoImage image, int version, int pageCount) {
        this.image = image;
        this.version = version;
        Random random = new Random(SEED);
        for (int pages = 0; pages < pageCount; ) {
            int length = 1 + random.nextInt(MAX_READ_PAGES);
            int page = random.nextInt(image.pageCount() - length);
            reads.add(new int[] {page, length});
            pages += length;
        }
    }

    /**
     * What one boot did.
     *
     * @param readCount requests
     * @param readBytes of them together
     * @param waitedNs  time spent waiting for answers
     * @param rightCount answers that were what the image holds
     */
    public record Outcome(int readCount, long readBytes, long waitedNs, int rightCount) {}

    public Outcome boot(NbdClient client) throws IOException {
        LockSupport.parkNanos(FIRMWARE_NS);
        long bytes = 0;
        long waitedNs = 0;
        int right = 0;
        for (int[] read : reads) {
            long startNs = System.nanoTime();
            byte[] answer = client.read((long) read[0] * DemoImage.PAGE_SIZE, read[1] * DemoImage.PAGE_SIZE);
            waitedNs += System.nanoTime() - startNs;
            bytes += answer.length;
            right += isRight(read[0], answer) ? 1 : 0;
            LockSupport.parkNanos(THINK_NS);
        }
        return new Outcome(reads.size(), bytes, waitedNs, right);
    }

    private boolean isRight(int firstPage, byte[] answer) {
        for (int i = 0; i * DemoImage.PAGE_SIZE < answer.length; i++) {
            byte[] page = Arrays.copyOfRange(answer, i * DemoImage.PAGE_SIZE, (i + 1) * DemoImage.PAGE_SIZE);
            if (!Arrays.equals(page, image.page(version, firstPage + i))) {
                return false;
            }
        }
        return true;
    }
}
