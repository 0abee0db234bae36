package io.varve.daemon.cli.demo;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A disk of which every page says where it is from, so that a reader sees at once what it got. A quarter of it is
 * holes.
 *
 * <p>Immutable.
 */
public final class DemoImage {

    public static final int PAGE_SIZE = 4096;

    private static final int LINE_LENGTH = 64;
    /** Every fourth piece of so many pages is a hole. */
    private static final int PIECE_PAGES = 64;
    /** Every so many pages, version 2 is another. */
    private static final int CHANGED_EVERY = 37;

    private final int pageCount;

    /** @param pageCount at least one piece with data behind a hole: 256 */
    public DemoImage(int pageCount) {
        this.pageCount = pageCount;
    }

    public int pageCount() {
        return pageCount;
    }

    public boolean isHole(int page) {
        return page / PIECE_PAGES % 4 == 3;
    }

    /** What a page says, in its first line and all others. */
    public String line(int version, int page) {
        int from = version == 2 && page % CHANGED_EVERY == 0 ? 2 : 1;
        return String.format("This is page %6d of the demonstration disk, version %d.", page, from);
    }

    /** The whole page. */
    public byte[] page(int version, int page) {
        byte[] content = new byte[PAGE_SIZE];
        if (!isHole(page)) {
            byte[] line = (line(version, page) + " ".repeat(LINE_LENGTH)).substring(0, LINE_LENGTH - 1)
                    .concat("\n").getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < PAGE_SIZE; i += LINE_LENGTH) {
                System.arraycopy(line, 0, content, i, LINE_LENGTH);
            }
        }
        return content;
    }

    /** Writes version 1 or 2 as a sparse raw file. */
    public void write(int version, Path file) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength((long) pageCount * PAGE_SIZE);
            byte[] piece = new byte[PIECE_PAGES * PAGE_SIZE];
            for (int first = 0; first < pageCount; first += PIECE_PAGES) {
                if (isHole(first)) {
                    continue;
                }
                int count = Math.min(PIECE_PAGES, pageCount - first);
                for (int i = 0; i < count; i++) {
                    System.arraycopy(page(version, first + i), 0, piece, i * PAGE_SIZE, PAGE_SIZE);
                }
                out.seek((long) first * PAGE_SIZE);
                out.write(piece, 0, count * PAGE_SIZE);
            }
        }
    }
}
