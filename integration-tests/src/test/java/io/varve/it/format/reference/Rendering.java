package io.varve.it.format.reference;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;

/** The disk that a file and its parents are, as the reference reader sees it. Immutable. */
public final class Rendering {

    private static final int STEP = 1 << 20;
    private static final byte[] ZEROS = new byte[STEP];

    private Rendering() {}

    /**
     * Writes the disk to a raw file.
     *
     * @param image its name ends with .vhd, .vhdx or .qcow2; any other is raw
     * @param raw   is made; zeros become holes
     * @return raw
     */
    public static Path of(Path image, Path raw) {
        ReferenceImage top = ReferenceImage.open(image);
        byte[] step = new byte[STEP];
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(0);
            for (long offset = 0; offset < top.size(); offset += STEP) {
                int length = (int) Math.min(STEP, top.size() - offset);
                fill(top, offset, step, length);
                if (!Arrays.equals(step, ZEROS)) {
                    file.seek(offset);
                    file.write(step, 0, length);
                }
            }
            file.setLength(top.size());
            return raw;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void fill(ReferenceImage top, long offset, byte[] step, int length) {
        Arrays.fill(step, (byte) 0);
        for (int done = 0; done < length; done += ReferenceImage.SECTOR_LENGTH) {
            byte[] sector = sectorOrNull(top, offset + done);
            if (sector != null) {
                System.arraycopy(sector, 0, step, done, Math.min(sector.length, length - done));
            }
        }
    }

    /** The first image that says something, from the top down; a disk is zero where its parent ends. */
    private static byte[] sectorOrNull(ReferenceImage top, long offset) {
        for (ReferenceImage image = top; image != null && offset < image.size(); image = image.parentOrNull()) {
            byte[] sector = image.sectorOrNull(offset);
            if (sector != null) {
                return sector;
            }
        }
        return null;
    }
}
