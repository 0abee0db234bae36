package io.varve.it.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a server says of itself, through the eyes of libnbd. */
class NbdInfoIT {

    private static final int PAGE_SIZE = 4096;
    private static final long SIZE = 48 * RawImages.MIB + 3 * 512;
    private static final long SEED = 20260101;

    @TempDir
    static Path directory;

    private static Served served;

    @BeforeAll
    static void serve() {
        served = Served.mixed(directory, SIZE, SEED);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static Json described(String export) {
        return Tool.run("nbdinfo", "--json", served.uri(export)).json();
    }

    @Test
    void shouldTellSizeFlagsAndContexts() {
        Json export = described("disk@alice").at("exports", 0);

        assertThat(export.number("export-size")).isEqualTo(SIZE);
        assertThat(export.flag("is_read_only")).isFalse();
        assertThat(export.flag("can_flush")).isTrue();
        assertThat(export.flag("can_fua")).isTrue();
        assertThat(export.flag("can_trim")).isTrue();
        assertThat(export.flag("can_zero")).isTrue();
        assertThat(export.flag("can_df")).isTrue();
        assertThat(export.flag("can_cache")).isTrue();
        assertThat(export.at("contexts").all()).extracting(Json::value)
                .containsExactly("base:allocation", "qemu:allocation-depth", "x-varve:layer", "x-varve:resident");
        assertThat(export.number("block_size_preferred")).isEqualTo(PAGE_SIZE);
        assertThat(described("disk@alice").flag("structured")).isTrue();
    }

    @Test
    void shouldTellInWhichLayerWhatLies() {
        String export = "disk@layers";
        write(export, 40 * RawImages.MIB);
        served.varve().run("snapshot", export, "snap");
        write(export, 40 * RawImages.MIB + 65536);
        write(export, 44 * RawImages.MIB);

        assertThat(map(export, "qemu:allocation-depth", 40)).startsWith("65536 2, 65536 1, ");
        assertThat(map(export, "x-varve:layer", 40)).startsWith("65536 2, 65536 3, ");
        assertThat(map(export, "qemu:allocation-depth", 44)).startsWith("65536 1, ");
        assertThat(map(export, "x-varve:resident", 44)).containsPattern("^[0-9]{5,} 1");
        assertThat(Tool.run("nbdinfo", "--map=qemu:allocation-depth", "--totals", served.uri(export)).out())
                .contains("131072").contains("65536");
    }

    private static void write(String export, long offset) {
        Tool.run("nbdsh", "-u", served.uri(export), "-c", "h.pwrite(b'l' * 65536, " + offset + ")", "-c", "h.flush()");
    }

    /** Lengths and statuses of the first MiB behind so many MiB. */
    private static String map(String export, String context, long mib) {
        return Tool.run("nbdsh", "-c", "h.add_meta_context('" + context + "')", "-c", "h.connect_uri('"
                + served.uri(export) + "')", "-c", "found = []", "-c",
                "h.block_status(1 << 20, " + mib + " << 20, lambda c, o, e, err: found.extend(e))", "-c",
                "print(', '.join(f'{found[i]} {found[i + 1]}' for i in range(0, len(found), 2)))").out();
    }

    @Test
    void shouldOfferSeveralConnectionsToNamedClientsOnly() {
        assertThat(described("disk@alice").flag("exports", 0, "can_multi_conn")).isTrue();
        assertThat(described("disk").flag("exports", 0, "can_multi_conn")).isFalse();
    }

    @Test
    void shouldDescribeItselfInText() {
        assertThat(Tool.run("nbdinfo", served.uri("disk@alice")).out())
                .containsPattern("protocol: newstyle-fixed without TLS, using (structured|extended) packets")
                .contains("export=\"disk")
                .contains("export-size: " + SIZE)
                .contains("can_multi_conn: true");
        assertThat(Tool.run("nbdinfo", "--size", served.uri("disk")).out().strip()).isEqualTo("" + SIZE);
    }

    @Test
    void shouldListImages() {
        Json list = Tool.run("nbdinfo", "--list", "--json", served.uri("")).json();

        assertThat(list.at("exports").all())
                .extracting(export -> export.text("export-name"))
                .anyMatch(name -> name.equals("disk") || name.equals("disk:latest"));
    }

    @Test
    void shouldMapEveryPageAsItWasImported() {
        long offset = 0;
        for (Json extent : Tool.run("nbdinfo", "--map", "--json", served.uri("disk@map")).json().all()) {
            assertThat(extent.number("offset")).isEqualTo(offset);
            long end = offset + extent.number("length");
            for (long page = offset; page < end; page += PAGE_SIZE) {
                boolean zero = isZero(page, (int) Math.min(PAGE_SIZE, end - page));
                assertThat(extent.number("type")).as("page at %d, seed %d", page, SEED).isEqualTo(zero ? 3 : 0);
            }
            offset = end;
        }
        assertThat(offset).isEqualTo(SIZE);
    }

    private static boolean isZero(long offset, int length) {
        for (byte b : RawImages.read(served.raw(), offset, length)) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    @Test
    void shouldRefuseAnUnknownExportByName() {
        Tool.Outcome outcome = Tool.of("nbdinfo", served.uri("atlantis@alice")).run();

        assertThat(outcome.exitCode()).isNotZero();
        assertThat(outcome.err()).contains("atlantis");
        assertThat(described("disk").number("exports", 0, "export-size")).isEqualTo(SIZE);
    }
}
