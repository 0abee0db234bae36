package io.varve.it.remote;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Await;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Varve;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An image that carries a guest's saved state: who wakes up from it reads a little here and there, and then that one
 * long run, which is read ahead of the next one who does.
 */
@Timeout(300)
class SavedStateIT {

    private static final long SIZE = 1024L * RawImages.MIB;
    private static final long STATE_OFFSET = 300L * RawImages.MIB + 5 * 4096;
    /** More than what counts as the stream of a backup. */
    private static final int STATE_LENGTH = 96 * RawImages.MIB;
    private static final int READ_LENGTH = 128 << 10;
    private static final int PIECE_LENGTH = 2 * RawImages.MIB;
    private static final int LOADER_PLACES = 48;
    private static final int LOADER_LENGTH = 64 << 10;
    private static final int PAGE_SIZE = 4096;
    private static final Pattern READ =
            Pattern.compile("connection=(\\d+) Read id=(\\d+) offset=0x([0-9a-f]+) count=0x([0-9a-f]+)");
    private static final Pattern ANSWERED = Pattern.compile("connection=(\\d+) \\.\\.\\.Read id=(\\d+) return=0");

    @TempDir
    Path directory;

    private Path raw;
    private Path asked;

    @BeforeEach
    void makeADisk() throws IOException {
        raw = directory.resolve("disk.raw");
        asked = directory.resolve("asked");
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        for (int i = 0; i < LOADER_PLACES; i++) {
            RawImages.scribble(raw, loaderOffset(i), LOADER_LENGTH, i);
        }
        RawImages.scribble(raw, STATE_OFFSET, STATE_LENGTH, LOADER_PLACES);
    }

    private static long loaderOffset(int place) {
        return place * 5L * RawImages.MIB;
    }

    private NbdServerProcess origin() throws IOException {
        return NbdServerProcess.nbdkit(directory.resolve("origin"), "--readonly", "--filter=log", "--filter=delay",
                "file", raw.toString(), "logfile=" + asked, "rdelay=2ms");
    }

    @Test
    void shouldStreamTheStateAheadOfTheSecondWhoWakesUp() throws Exception {
        Path profile = directory.resolve("profile");
        try (NbdServerProcess origin = origin()) {
            Varve first = new Varve(directory.resolve("first"));
            first.run("import", origin.uri(), "guest", "--lazy");
            try (Daemon daemon = first.serve("guest")) {
                try (NbdClient client = daemon.connect("guest@alice")) {
                    readLoader(client);
                    readState(client, 0, STATE_LENGTH);
                }
                Await.until("a learned boot", Duration.ofSeconds(60),
                        () -> first.tries("boot", "show", "guest").exitCode() == 0, daemon::log);
            }
            first.run("boot", "export", "guest", profile);
        }
        Files.delete(asked);

        try (NbdServerProcess origin = origin()) {
            Varve second = new Varve(directory.resolve("second"));
            second.run("import", origin.uri(), "guest", "--lazy");
            second.run("boot", "import", profile, "guest");
            try (Daemon daemon = second.serve("guest")) {
                try (NbdClient client = daemon.connect("guest@bob")) {
                    readLoader(client);
                    for (int done = 0; done < STATE_LENGTH; done += PIECE_LENGTH) {
                        awaitAnswered(STATE_OFFSET + done, PIECE_LENGTH, daemon);
                        readState(client, done, PIECE_LENGTH);
                    }
                }
                assertMostWasThere(second);
            }
        }
    }

    private void readLoader(NbdClient client) throws IOException {
        for (int i = 0; i < LOADER_PLACES; i++) {
            assertSame(client, loaderOffset(i), LOADER_LENGTH);
        }
    }

    private void readState(NbdClient client, int position, int length) throws IOException {
        for (int done = 0; done < length; done += READ_LENGTH) {
            assertSame(client, STATE_OFFSET + position + done, READ_LENGTH);
        }
    }

    private void assertSame(NbdClient client, long offset, int length) throws IOException {
        assertThat(client.read(offset, length)).as("%d bytes at %d", length, offset)
                .isEqualTo(RawImages.read(raw, offset, length));
    }

    /** Nobody has asked Varve for this range yet, and so it was Varve who asked for it. */
    private void awaitAnswered(long offset, int length, Daemon daemon) {
        int firstPage = (int) (offset / PAGE_SIZE);
        int endPage = (int) ((offset + length) / PAGE_SIZE);
        Await.until("pages " + firstPage + " to " + endPage + " from the origin, before they are asked for",
                Duration.ofSeconds(60), () -> answeredPages().nextClearBit(firstPage) >= endPage, daemon::log);
    }

    private BitSet answeredPages() {
        BitSet pages = new BitSet();
        Map<String, Matcher> reads = new HashMap<>();
        for (String line : log().lines().toList()) {
            Matcher read = READ.matcher(line);
            Matcher answered = ANSWERED.matcher(line);
            if (read.find()) {
                reads.put(read.group(1) + " " + read.group(2), read);
            } else if (answered.find()) {
                Matcher of = reads.remove(answered.group(1) + " " + answered.group(2));
                long start = Long.parseLong(of.group(3), 16);
                long end = start + Long.parseLong(of.group(4), 16);
                pages.set((int) (start / PAGE_SIZE), (int) (end / PAGE_SIZE));
            }
        }
        return pages;
    }

    private String log() {
        try {
            return Files.exists(asked) ? Files.readString(asked) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void assertMostWasThere(Varve varve) {
        Json counters = Await.value("the counters of the second boot", Duration.ofSeconds(60),
                () -> Optional.of(varve.run("status", "--json").json().at("counters"))
                        .filter(values -> values.number("BOOT_USED") > 0),
                this::log);
        long used = counters.number("BOOT_USED");
        long other = counters.number("BOOT_LATE") + counters.number("BOOT_MISSED");
        System.out.println("second to wake up: " + used + " pages were there, " + other + " were not; "
                + log().lines().filter(line -> READ.matcher(line).find()).count() + " reads of the origin for "
                + (LOADER_PLACES + STATE_LENGTH / READ_LENGTH) + " of the client");
        assertThat((double) used / (used + other)).as("%d pages there, %d not", used, other).isGreaterThan(0.9);
    }
}
