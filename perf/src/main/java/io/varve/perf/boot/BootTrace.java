package io.varve.perf.boot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * The reads of one boot.
 *
 * <p>Immutable.
 */
record BootTrace(List<Read> reads) {

    static final int PAGE_SIZE = 4096;
    private static final int MAX_LENGTH = 32 << 20;
    private static final int COLUMNS = 5;
    /** What stays together when another boot is made of this one: 1 MiB, and so many reads. */
    private static final long SLOT_LENGTH = 1 << 20;
    private static final int GROUP_READS = 16;
    private static final int STAYING_SLOTS = 4;

    /**
     * @param thinkNs nanoseconds between the end of the read before and the start of this one
     * @param offset  bytes
     * @param length  bytes, 1 to 32 MiB
     */
    record Read(long thinkNs, long offset, int length) {}

    BootTrace {
        reads = List.copyOf(reads);
    }

    /**
     * @param maxThinkNs longer pauses are cut to this
     * @throws IOException with file and line, if the file is not a trace
     */
    static BootTrace read(Path file, long maxThinkNs) throws IOException {
        return parse(file.toString(), Files.readString(file, StandardCharsets.US_ASCII), maxThinkNs);
    }

    /** As {@link #read}, of a text that comes from {@code name}. */
    static BootTrace parse(String name, String text, long maxThinkNs) throws IOException {
        List<Read> reads = new ArrayList<>();
        List<String> lines = text.lines().toList();
        long endUs = 0;
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("#")) {
                continue;
            }
            String[] columns = lines.get(i).split("\t");
            try {
                if (columns.length != COLUMNS) {
                    throw new IllegalArgumentException(columns.length + " columns");
                }
                long startUs = Long.parseLong(columns[0]);
                if (columns[1].equals("read")) {
                    long thinkNs = Math.max(0, startUs - endUs) * 1000;
                    reads.add(new Read(Math.min(maxThinkNs, thinkNs), offset(columns[2]), length(columns[3])));
                }
                endUs = Math.max(endUs, startUs + Long.parseLong(columns[4]));
            } catch (IllegalArgumentException e) {
                throw new IOException(name + ", line " + (i + 1) + ": not a block operation: " + e.getMessage());
            }
        }
        if (reads.isEmpty()) {
            throw new IOException(name + ": no read in it");
        }
        return new BootTrace(reads);
    }

    private static long offset(String text) {
        long offset = Long.parseLong(text);
        if (offset < 0 || offset > 1L << 48) {
            throw new IllegalArgumentException("offset " + offset);
        }
        return offset;
    }

    private static int length(String text) {
        int length = Integer.parseInt(text);
        if (length < 1 || length > MAX_LENGTH) {
            throw new IllegalArgumentException("length " + length);
        }
        return length;
    }

    /**
     * A boot of another image of the same size: three of four reads go elsewhere, the rest stays, as do the places of a
     * partition table or of a file system's own tables; what was read together is, but in another order.
     */
    BootTrace another(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long slots = Math.max(1, diskSize() / SLOT_LENGTH);
        List<List<Read>> groups = new ArrayList<>();
        for (int i = 0; i < reads.size(); i += GROUP_READS) {
            List<Read> group = new ArrayList<>();
            for (Read read : reads.subList(i, Math.min(reads.size(), i + GROUP_READS))) {
                long slot = read.offset() / SLOT_LENGTH;
                boolean stays = slot % STAYING_SLOTS == 0;
                long moved = (slot + slots / 2) % slots * SLOT_LENGTH + read.offset() % SLOT_LENGTH;
                boolean fits = moved + read.length() <= diskSize();
                group.add(stays || !fits ? read : new Read(read.thinkNs(), moved, read.length()));
            }
            groups.add(group);
        }
        for (int i = groups.size() - 1; i > 0; i--) {
            Collections.swap(groups, i, random.nextInt(i + 1));
        }
        return new BootTrace(groups.stream().flatMap(List::stream).toList());
    }

    /** The same reads of a client that needs no time for itself. */
    BootTrace withoutThinking() {
        return new BootTrace(reads.stream().map(read -> new Read(0, read.offset(), read.length())).toList());
    }

    /** Bytes of the smallest disk that it can be played on, whole pages. */
    long diskSize() {
        long end = reads.stream().mapToLong(read -> read.offset() + read.length()).max().orElseThrow();
        return (end + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    }

    /** All pages that are read, ascending. */
    SortedSet<Long> pages() {
        SortedSet<Long> pages = new TreeSet<>();
        for (Read read : reads) {
            for (long page = read.offset() / PAGE_SIZE; page * PAGE_SIZE < read.offset() + read.length(); page++) {
                pages.add(page);
            }
        }
        return pages;
    }

    /** Nanoseconds that the client thinks in all: no server makes the boot shorter. */
    long thinkNs() {
        return reads.stream().mapToLong(Read::thinkNs).sum();
    }
}
