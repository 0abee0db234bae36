package io.varve.it.format;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What QEMU writes has no entries that claim the same place, as far as we look for them. */
class SoundTablesIT {

    @TempDir
    Path directory;

    private Path created(String format, String options) {
        Path file = directory.resolve("made." + format);
        Tool.run("qemu-img", "create", "-q", "-f", format, "-o", options, file, "200M");
        return file;
    }

    private static void requireSound(Path file, ImageFormat format) throws IOException {
        try (ImageChain chain = new ImageOpener(new NativeFileSpace(), ImageReader::ofAll, List.of())
                .open(file, Optional.of(format)).chain()) {
            for (ForeignImage image : chain.images()) {
                image.requireSoundTables();
            }
        }
    }

    /** Snapshots share clusters with the disk, and with one another. */
    @ParameterizedTest
    @ValueSource(strings = {"compat=0.10", "lazy_refcounts=on", "extended_l2=on", "cluster_size=512",
        "preallocation=metadata"})
    void shouldTakeSnapshotsForSound(String options) throws IOException {
        Path file = created("qcow2", options);
        Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 1 0 20M", "-c", "write -P 2 50M 3M", file);
        Tool.run("qemu-img", "snapshot", "-c", "one", file);
        Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 3 1M 5M", "-c", "write -z 10M 1M", "-c", "discard 12M 1M",
                file);
        Tool.run("qemu-img", "snapshot", "-c", "two", file);
        Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 4 2M 100k", file);
        requireSound(file, ImageFormat.QCOW2);
        Tool.run("qemu-img", "snapshot", "-a", "one", file);
        Tool.run("qemu-io", "-f", "qcow2", "-c", "write -P 5 15M 70k", file);
        Tool.run("qemu-img", "snapshot", "-d", "two", file);
        requireSound(file, ImageFormat.QCOW2);
    }

    @Test
    void shouldTakeBlocksForSound() throws IOException {
        Path vhd = created("vpc", "subformat=dynamic,force_size=on");
        Path vhdx = created("vhdx", "block_size=1M");
        for (Path file : List.of(vhd, vhdx)) {
            String format = file.equals(vhd) ? "vpc" : "vhdx";
            Tool.run("qemu-io", "-f", format, "-c", "write -P 3 100M 5M", "-c", "write -P 1 1M 3M", "-c",
                    "write -P 2 199M 1M", file);
            requireSound(file, file.equals(vhd) ? ImageFormat.VHD : ImageFormat.VHDX);
        }
    }
}
