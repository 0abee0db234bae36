package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.format.reference.Rendering;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The reference reader itself, against those who are right: qemu-img, libvhdi, and files that were made by hand. */
class ReferenceReaderIT {

    private static final int MIB = RawImages.MIB;
    private static final long SIZE = 5 * MIB + 3 * 512;

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"vhd, vpc, 'subformat=fixed,force_size=on'", "vhd, vpc, 'subformat=dynamic,force_size=on'",
        "vhdx, vhdx, 'subformat=fixed,block_size=1M'", "vhdx, vhdx, 'subformat=dynamic,block_size=2M'",
        "qcow2, qcow2, compat=0.10", "qcow2, qcow2, cluster_size=4k"})
    void shouldReadWhatQemuImgMakes(String suffix, String format, String options) throws IOException {
        Path raw = RawImages.mixed(directory.resolve("disk.raw"), SIZE, 21);
        Path image = directory.resolve("disk." + suffix);
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", format, "-o", options, raw, image);
        assertRendered(image, raw);
    }

    @Test
    void shouldReadBackingFilesOfAnySize() throws IOException {
        RawImages.mixed(directory.resolve("base.raw"), SIZE, 22);
        backed("mid.qcow2", "base.raw", "raw", SIZE + MIB, "write -P 1 1M 70k", "write -z 2M 1M", "write -P 2 0 512");
        Path top = backed("top.qcow2", "mid.qcow2", "qcow2", SIZE + 512, "write -P 3 1100k 512", "write -z 0 64k");
        Path raw = directory.resolve("top.raw");
        Tool.run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", top, raw);
        assertRendered(top, raw);
    }

    private Path backed(String name, String parent, String parentFormat, long size, String... commands) {
        Path image = directory.resolve(name);
        Tool.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", parent, "-F", parentFormat, image, size);
        for (String command : commands) {
            Tool.run("qemu-io", "-f", "qcow2", "-c", command, image);
        }
        return image;
    }

    @ParameterizedTest
    @EnumSource
    void shouldReadChainsOfWhichEachByteIsKnown(ChainMaker maker) throws IOException {
        List<Difference> contents = FiveChildren.of(SIZE, MIB, new long[] {0, 1, 2, 3, 4, 5});
        List<ChainFile> files = maker.write(directory, contents, new Random(23));
        Path raw = directory.resolve("expected.raw");
        for (int i = 0; i < files.size(); i++) {
            contents.get(i).applyTo(raw);
            assertRendered(files.get(i).path(), raw);
        }
    }

    /** Libvhdi is right about one child, if in each byte of a bitmap no zero follows a one. */
    @ParameterizedTest
    @EnumSource(names = {"VHD", "HAND_MADE_VHD"})
    void shouldReadOneChildAsLibvhdiDoes(ChainMaker maker) throws IOException {
        Difference base = new Difference(SIZE).data(0, SIZE, 24);
        Difference child = new Difference(SIZE);
        for (long page = 0; page < SIZE; page += 4096) {
            int first = (int) (page / 4096 * 5 % 8) * 512;
            if (page % (7 * 4096) == 0) {
                child.data(page + first, 4096 - first, page);
            }
        }
        child.zeros(2 * MIB + 4096 + 6 * 512, 1024);
        List<ChainFile> files = maker.write(directory, List.of(base, child), new Random(25));
        Path exported = directory.resolve("exported.raw");
        Tool.run("env", "python3", "-c", """
                import sys, pyvhdi
                parent, child = pyvhdi.file(), pyvhdi.file()
                parent.open(sys.argv[1])
                child.open(sys.argv[2])
                child.set_parent(parent)
                with open(sys.argv[3], 'wb') as out:
                    while chunk := child.read(1 << 20):
                        out.write(chunk)
                """, files.get(0).path(), files.get(1).path(), exported);
        assertRendered(files.get(1).path(), exported);
    }

    private void assertRendered(Path image, Path expected) throws IOException {
        Path rendered = Rendering.of(image, directory.resolve("rendered.raw"));
        assertThat(Files.mismatch(rendered, expected)).as(image.toString()).isEqualTo(-1);
    }
}
