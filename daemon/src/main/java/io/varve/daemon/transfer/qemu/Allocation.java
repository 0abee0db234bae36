package io.varve.daemon.transfer.qemu;

import io.varve.nbd.client.StatusExtent;
import io.varve.nbd.wire.NbdProtocol;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which bytes of a disk are known to be zero, between two points: what {@code base:allocation} says, remembered from
 * where the disk is read to where it has been looked at.
 *
 * <p>Owned by the image that uses it.
 */
final class Allocation {

    private static final long SECTOR_LENGTH = 512;

    private final long size;
    /** Ranges that may have content: first byte, byte behind. */
    private final TreeMap<Long, Long> content = new TreeMap<>();
    private long start;
    private long end;

    /** @param size bytes of the disk */
    Allocation(long size) {
        this.size = size;
    }

    boolean knows(long offset) {
        return offset >= start && offset < end;
    }

    /** Byte behind what is known without a gap. */
    long end() {
        return end;
    }

    /** @param offset byte that the first extent begins at; what is known does not lead there is forgotten */
    void add(long offset, List<StatusExtent> extents) {
        if (offset != end) {
            content.clear();
            start = offset;
            end = offset;
        }
        for (StatusExtent extent : extents) {
            long extentEnd = end + extent.length();
            if ((extent.flags() & NbdProtocol.STATE_ZERO) == 0) {
                addContent(end & -SECTOR_LENGTH, Math.min(size, extentEnd + SECTOR_LENGTH - 1 & -SECTOR_LENGTH));
            }
            end = extentEnd;
        }
    }

    private void addContent(long from, long to) {
        Map.Entry<Long, Long> before = content.floorEntry(from);
        if (before != null && before.getValue() >= from) {
            content.put(before.getKey(), Math.max(to, before.getValue()));
        } else {
            content.put(from, to);
        }
    }

    /** Byte behind the content that begins at or before a byte and holds it; the byte itself if it is zero. */
    long contentEnd(long offset) {
        Map.Entry<Long, Long> at = content.floorEntry(offset);
        return at == null || at.getValue() <= offset ? offset : Math.min(at.getValue(), Math.max(end, offset));
    }

    /** First byte behind a byte that may have content; {@link #end} if none is known. */
    long nextContent(long offset) {
        Long next = content.ceilingKey(offset);
        return next == null ? Math.max(end, offset) : Math.min(next, Math.max(end, offset));
    }

    /** What lies before is not asked for again. */
    void forgetBefore(long offset) {
        if (offset <= start) {
            return;
        }
        while (!content.isEmpty() && content.firstEntry().getValue() <= offset) {
            content.pollFirstEntry();
        }
        start = Math.min(offset, end);
    }
}
