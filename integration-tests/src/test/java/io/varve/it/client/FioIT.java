package io.varve.it.client;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random writes with a checksum in every block, read back by fio: at once, and by another daemon. */
class FioIT {

    @TempDir
    Path directory;

    @Test
    void shouldVerifyRandomWritesThroughTheOverlay() {
        try (Served served = Served.mixed(directory, 64 * RawImages.MIB, 41)) {
            fio(served, "--bs=4k", "--do_verify=1");
            fio(served, "--bsrange=4k-64k", "--bs_unaligned=1", "--do_verify=1");
        }
    }

    @Test
    void shouldVerifyAfterARestart() {
        try (Served served = Served.mixed(directory, 64 * RawImages.MIB, 42)) {
            fio(served, "--bs=4k", "--do_verify=0");
            served.restart();
            fio(served, "--bs=4k", "--verify_only=1");
        }
    }

    private void fio(Served served, String... options) {
        Object[] command = Stream.concat(
                        Stream.of(
                                "fio", "--name=verify", "--ioengine=nbd", "--uri=" + served.uri("disk@fio"),
                                "--rw=randwrite", "--size=64m", "--iodepth=16", "--end_fsync=1",
                                "--verify=crc32c", "--verify_fatal=1", "--randseed=43",
                                "--verify_state_save=0", "--aux-path=" + directory),
                        Stream.of(options))
                .toArray();
        Tool.of(command).within(Duration.ofMinutes(5)).run().orFail();
    }
}
