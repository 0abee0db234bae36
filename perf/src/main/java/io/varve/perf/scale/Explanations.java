package io.varve.perf.scale;

import java.util.Map;

/**
 * Why curves are what they are, for the page.
 *
 * <p>Immutable.
 */
final class Explanations {
    static final String COUNTED = """
            <b>Counted</b>: <i>memory held</i> is what the daemon needs: live Java objects after a full collection,
            and every anonymous page of its process that is in memory and not of the heap, so direct buffers, the
            memory that code takes from the system itself, threads' stacks and the JVM. <i>Resident</i> also has
            mapped files (the JVM's own code and class archive) and the part of the heap that is in memory but free.
            <i>Direct buffers</i> and <i>the JVM itself</i> are what the JVM's native memory tracking says is
            committed: not all of it need be in memory. Not counted: the kernel's sockets, inodes and page cache.
            <i>CPU</i> is what the scheduler counts for the threads of the daemon; <i>idle</i> is the least of three
            seconds in which no client asks; <i>few</i> is 2,000 reads of 4 KiB per second, by one client after the
            other, so that at most one is under way and each wakes up an agent. <i>Open</i> is from connect to the
            first byte, with two clients opening at a time. The dashed line is as steep as linear growth. <i>One
            more</i> is the slope from the second step to the last, because the first use of anything loads and
            compiles classes; the exponents are those of what is above the first step, from each step to the next.""";

    private static final Map<String, String> BY_SWEEP = Map.of(
            "connections", """
                    An idle connection is the state of its session and one descriptor: it is received into a buffer of
                    its agent, keeps one of its own only while part of a request has come, and borrows memory for
                    replies from a pool that its agent's connections share. So direct buffers stay as they are, and
                    the slope is that of the session's objects. No thread belongs to a connection, and an agent waits
                    for all of its own in one epoll set, so neither idle CPU nor the cost of a read depends on their
                    number; what each read costs here is mostly the waking of a thread.""",
            "images of the same layers", """
                    All of these have one chain: its files, its maps, its checksums and its flattened regions are open
                    once. What is left for each is its overlay (an empty map of states and three files), the lock of
                    the image, its connection, and while its boot is recorded, as here, a page of memory for each 128
                    MiB in which it has read, and one or two for the record. That comes from the system, so no account
                    of the JVM shows it; the end of the boot gives it back.""",
            "images, each a layer on the same base", """
                    Each chain is another one, but blobs, maps and checksums of the base are open once for all of
                    them, and regions that only the base has are flattened once. For each image come the files of its
                    own layer, its map and the checksums of what is read from it, beside what an image of the row
                    above costs.""",
            "images that share nothing", """
                    For each image its map and its checksums: 16 bytes for each extent, 4 bytes for each page of a
                    part of the blob that was read (loaded in pieces of 64 KiB, which cover 64 MiB of data, or less
                    when the blob is smaller). Both are proportional to the data of the image, not to its size.""",
            "size", """
                    An empty disk costs references only: 4 bytes for each 32 MiB in the extent map and for each 64 MiB
                    in the overlay's states. Leaves with extents are made where somebody reads, bits of state where
                    somebody writes, so the rest follows the data that is touched. A read is one binary search in a
                    leaf, whose number is a shift: its cost does not know the size.""",
            "layers", """
                    For each layer: its manifest, its map, three descriptors (blob, checksums, lock), and the
                    checksums that were read. A region is flattened when it is first looked up, by one pass over the
                    layers; from then on a read finds its page in one binary search whatever the depth, so a chain of
                    64 costs what one layer does. Opening reads each layer's manifest and map, so it is linear. What
                    grows at the end is fragments, not depth: where a quarter of the disk was written in single pages,
                    a region has thousands of segments, and 32 reads go to as many files, which the caches of the
                    processor feel.""");

    private Explanations() {
    }

    /** @param sweep its name */
    static String of(String sweep) {
        return BY_SWEEP.get(sweep);
    }
}
