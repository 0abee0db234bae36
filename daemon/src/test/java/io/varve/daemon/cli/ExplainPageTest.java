package io.varve.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.boot.BootCounters;
import io.varve.daemon.boot.LoggedBoot;
import io.varve.daemon.boot.LoggedReads;
import io.varve.daemon.boot.Prediction;
import io.varve.daemon.io.Place;
import io.varve.daemon.store.ImageName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExplainPageTest {

    private static final int MAX_LENGTH = 3 << 20;
    private static final String HOSTILE = "<img src=x onerror=alert(1)></script>'\"&{{data}}";

    @Test
    void shouldStaySmallWithTwoHundredClients() throws IOException {
        List<BootFigures> boots = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            boots.add(new BootFigures(boot("pc-" + i, i * 150L, 2000 + i * 10, new Random(i))));
        }
        String html = page(boots);
        assertThat(html.length()).isLessThan(MAX_LENGTH);
        assertThat(html).contains("200 clients", "id=\"boot-199\"");
        Files.writeString(Path.of("target", "explain-200-clients.html"), html);
    }

    @Test
    void shouldStaySmallWithManyReads() throws IOException {
        String html = page(List.of(new BootFigures(boot("pc-1", 0, 30_000, new Random(7)))));
        assertThat(html.length()).isLessThan(MAX_LENGTH);
        Files.writeString(Path.of("target", "explain-30000-reads.html"), html);
    }

    @Test
    void shouldStaySmallWithAsManyAsAreKept() throws IOException {
        List<BootFigures> boots = new ArrayList<>();
        for (int i = 0; i < 256; i++) {
            boots.add(new BootFigures(boot("x".repeat(64), i, 5000, new Random(i))));
        }
        assertThat(page(boots).length()).isLessThan(MAX_LENGTH);
    }

    @Test
    void shouldShowHostileNamesAsText() throws IOException {
        String html = page(List.of(new BootFigures(boot(HOSTILE, 0, 600, new Random(1))),
                new BootFigures(boot("second", 0, 600, new Random(1)))));
        assertThat(html).doesNotContain("<img", "x onerror=alert(1)></script>")
                .contains("&lt;img src=x onerror=alert(1)&gt;&lt;/script&gt;&#39;&quot;&amp;&#123;&#123;data}}");
        assertThat(html.split("</script>", -1)).as("those of the page itself, and what follows").hasSize(3);
    }

    @Test
    void shouldLoadNothing() throws IOException {
        String html = page(List.of(new BootFigures(boot("pc", 0, 600, new Random(1)))));
        assertThat(html.replace("http://www.w3.org/2000/svg", "")).doesNotContain("http:", "https:", "url(", "@import")
                .contains("default-src 'none'");
        assertThat(html).doesNotContain("{{");
    }

    @Test
    void shouldPutBootsOfOneMinuteSideBySide() throws IOException {
        String html = page(List.of(new BootFigures(boot("c", 61_000, 600, new Random(1))),
                new BootFigures(boot("b", 1_000, 600, new Random(1))),
                new BootFigures(boot("a", 999, 600, new Random(1)))));
        assertThat(html).contains("\"wave\":[0,1]", "2 clients");
    }

    private static String page(List<BootFigures> boots) throws IOException {
        return new ExplainPage(new ExplainReport(ImageName.parse("debian"), boots)).html();
    }

    /** Bursts of reads in a few parts of the disk, the later ones more often in memory. */
    private static LoggedBoot boot(String client, long startMs, int readCount, Random random) {
        LoggedReads.Builder reads = new LoggedReads.Builder();
        int timeUs = 0;
        long page = 0;
        for (int i = 0; i < readCount; i++) {
            if (random.nextInt(8) == 0) {
                page = (random.nextInt(3) * 300_000L) + random.nextInt(60_000);
            }
            boolean waits = random.nextInt(10) < (i < readCount / 3 ? 3 : 1);
            Place place = !waits ? Place.MEMORY : Place.values()[1 + random.nextInt(Place.values().length - 1)];
            int stallUs = waits && place != Place.PACK ? (int) Math.exp(6 + 3 * random.nextDouble()) : 0;
            int pages = 1 + random.nextInt(16);
            reads.add(timeUs, page, pages, stallUs, place, (int) (page / 300_000),
                    Prediction.values()[waits ? 3 : random.nextInt(2)]);
            page += pages;
            timeUs += stallUs
                    + random.nextInt((random.nextInt(20) == 0 ? 400_000_000 : 6_000_000) / readCount);
        }
        return new LoggedBoot(Optional.of(client), Instant.ofEpochMilli(1_800_000_000_000L + startMs), 1 << 20, true,
                new BootCounters(readCount * 8L, readCount * 7L, 0, readCount, readCount),
                List.of("0a".repeat(32), "1b".repeat(32), "2c".repeat(32)), reads.build());
    }
}
