package io.varve.daemon.format.vhd;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Where a differencing disk says that its parent is: Virtual Hard Disk Image Format Specification 1.0, "Parent Locator
 * Entry".
 *
 * <p>Owned by the thread that opens the file.
 */
final class ParentLocators {

    /** Bytes of a path in UTF-16 that is followed. */
    private static final int MAX_PATH_LENGTH = 8192;
    /** A space below this is in sectors: as bytes it would not hold a path in whole sectors. */
    private static final int SMALLEST_SPACE_IN_BYTES = 512;

    /** Some write the time of their zone, and clocks differ. */
    private static final Duration CLOCK_DIFFERENCE = Duration.ofHours(26);

    private final BlockFile file;
    private final VhdHeader header;
    private final long headerPosition;
    private final long end;

    /** @param end byte in the file behind the last one that a path may use */
    ParentLocators(BlockFile file, VhdHeader header, long headerPosition, long end) {
        this.file = file;
        this.header = header;
        this.headerPosition = headerPosition;
        this.end = end;
    }

    /** @param childTime when the file that has the locators was made, seconds since the epoch of Unix */
    ParentLink read(long childTime) throws IOException {
        Set<String> paths = new LinkedHashSet<>();
        paths.addAll(paths(VhdHeader.RELATIVE_PATH));
        paths.addAll(paths(VhdHeader.ABSOLUTE_PATH));
        addPath(paths, header.parentName());
        if (paths.isEmpty()) {
            throw new CorruptDataException(file.name(), headerPosition + VhdHeader.LOCATORS_AT,
                    "a differencing disk should say where its parent is, but has no path in Unicode");
        }
        return new ParentLink(List.copyOf(paths), Optional.of(header.parentId().toString()),
                Optional.of(ImageFormat.VHD), madeBy(childTime));
    }

    /** Who writes no time, in one of the two places, leaves zero there. */
    private Optional<Instant> madeBy(long childTime) {
        long parentTime = header.parentTime();
        return parentTime == VhdFooter.EPOCH_SECOND || childTime == VhdFooter.EPOCH_SECOND ? Optional.empty()
                : Optional.of(Instant.ofEpochSecond(Math.max(parentTime, childTime)).plus(CLOCK_DIFFERENCE));
    }

    private List<String> paths(int code) throws IOException {
        List<String> paths = new ArrayList<>();
        for (int i = 0; i < VhdHeader.LOCATOR_COUNT; i++) {
            if (header.locatorCode(i) == code) {
                addPath(paths, path(i));
            }
        }
        return paths;
    }

    private String path(int index) throws IOException {
        long length = header.locatorLength(index);
        long space = header.locatorSpace(index);
        long spaceLength = space < SMALLEST_SPACE_IN_BYTES ? space * VhdImage.SECTOR_LENGTH : space;
        if (length > MAX_PATH_LENGTH || length > spaceLength) {
            throw damaged(index, VhdHeader.LOCATOR_LENGTH_AT, "the path to the parent has " + length
                    + " bytes, at most " + Math.min(MAX_PATH_LENGTH, spaceLength) + " are possible");
        }
        long position = header.locatorPosition(index);
        if (position < 0 || position > end - length) {
            throw damaged(index, VhdHeader.LOCATOR_POSITION_AT, "the path to the parent should be at "
                    + Long.toUnsignedString(position) + ", but the file ends at " + end);
        }
        if (length == 0) {
            return "";
        }
        UnsafeBuffer bytes = Buffers.alignedDirect((int) length);
        file.read(position, bytes, 0, (int) length);
        byte[] path = new byte[(int) length];
        bytes.getBytes(0, path);
        return untilZero(new String(path, StandardCharsets.UTF_16LE));
    }

    private CorruptDataException damaged(int index, int fieldAt, String what) {
        return new CorruptDataException(
                file.name(), headerPosition + VhdHeader.locatorAt(index) + fieldAt, what);
    }

    private static void addPath(Collection<String> paths, String path) {
        if (!path.isEmpty()) {
            paths.add(path.replace('\\', '/'));
        }
    }

    /** What comes before the first NUL: many pad their paths. */
    static String untilZero(String padded) {
        int zero = padded.indexOf('\0');
        return zero < 0 ? padded : padded.substring(0, zero);
    }
}
