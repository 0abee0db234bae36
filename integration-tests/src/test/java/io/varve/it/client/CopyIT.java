package io.varve.it.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Json;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole disks in and out, through nbdcopy and qemu-img. */
class CopyIT {

    /** Ends inside a page; a multiple of 512, which is all that qemu-img can address. */
    private static final long SIZE = 64 * RawImages.MIB + 5 * 512;

    @TempDir
    static Path directory;

    private static Served served;

    @BeforeAll
    static void serve() {
        served = Served.mixed(directory, SIZE, 11);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    @Test
    void shouldGiveBackTheImportedFileByteForByte() throws IOException {
        Path copy = directory.resolve("out.raw");

        Tool.run("nbdcopy", served.uri("disk@reader"), copy);

        assertThat(Files.mismatch(served.raw(), copy)).isEqualTo(-1);
    }

    @Test
    void shouldTakeAWholeDiskIntoAnOverlay() throws IOException {
        Path other = RawImages.mixed(directory.resolve("other.raw"), SIZE, 12);
        Path copy = directory.resolve("other-out.raw");

        Tool.run("nbdcopy", "--flush", other, served.uri("disk@writer"));
        Tool.run("nbdcopy", served.uri("disk@writer"), copy);

        assertThat(Files.mismatch(other, copy)).isEqualTo(-1);
    }

    @Test
    void shouldCompareEqualForQemu() {
        assertThat(Tool.run("qemu-img", "compare", "-f", "raw", "-F", "raw", served.raw(), served.uri("disk@c")).out())
                .contains("Images are identical");
    }

    @Test
    void shouldConvertForQemu() {
        Path converted = directory.resolve("out.qcow2");

        Tool.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", served.uri("disk@convert"), converted);

        assertThat(Tool.run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", served.raw(), converted).out())
                .contains("Images are identical");
    }

    @Test
    void shouldMapForQemuWhatIsDataAndWhatIsNot() {
        long end = 0;
        long dataLength = 0;
        for (Json extent : Tool.run("qemu-img", "map", "--output=json", "-f", "raw", served.uri("disk@map"))
                .json().all()) {
            assertThat(extent.number("start")).isEqualTo(end);
            assertThat(extent.flag("zero")).isEqualTo(!extent.flag("data"));
            end += extent.number("length");
            dataLength += extent.flag("data") ? extent.number("length") : 0;
        }
        assertThat(end).isEqualTo(SIZE);
        assertThat(dataLength).isBetween(SIZE / 5, SIZE / 2);
    }
}
