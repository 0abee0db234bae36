package io.varve.it.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Patterns, written and read back by qemu-io, which fails if a pattern is not what it reads. */
class QemuIoIT {

    @TempDir
    static Path directory;

    private static Served served;

    @BeforeAll
    static void serve() {
        served = Served.mixed(directory, 16 * RawImages.MIB, 21);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    /** One connection, all commands in order. */
    private static void io(String client, String... commands) {
        List<Object> command = new ArrayList<>(List.of("qemu-io", "-f", "raw", served.uri("disk@" + client)));
        for (String each : commands) {
            command.addAll(List.of("-c", each));
        }
        Tool.Outcome outcome = Tool.run(command.toArray());
        assertThat(outcome.out()).doesNotContain("failed");
    }

    @Test
    void shouldReadWhatWasWritten() {
        io("patterns", "write -P 0xab 0 64k", "read -P 0xab 0 64k", "write -P 0xcd 1M 3M", "read -P 0xcd 1M 3M");
        io("patterns", "read -P 0xab 0 64k", "read -P 0xcd 1M 3M");
    }

    @Test
    void shouldMergePiecesOfPages() {
        io("pieces",
                "write -P 0x11 8k 8k", "write -P 0x22 8704 512", "write -P 0x33 12k 512",
                "read -P 0x11 8k 512", "read -P 0x22 8704 512", "read -P 0x11 9216 3072",
                "read -P 0x33 12k 512", "read -P 0x11 12800 3584",
                "write -P 0x44 15872 1024", "read -P 0x11 12800 3072", "read -P 0x44 15872 1024");
    }

    @Test
    void shouldReadZerosWhereZerosWereWritten() {
        io("zeros",
                "write -P 0x55 64k 256k", "write -z 128k 64k", "read -P 0x55 64k 64k", "read -P 0 128k 64k",
                "read -P 0x55 192k 128k", "write -z -u 68k 1536", "read -P 0 68k 1536", "read -P 0x55 71168 512",
                "write -P 0x66 130k 1k", "read -P 0 128k 2k", "read -P 0x66 130k 1k", "read -P 0 131k 61k");
    }

    @Test
    void shouldReadZerosWhereWholePagesWereDiscarded() {
        io("discards",
                "write -P 0x77 64k 64k", "discard 64k 64k", "read -P 0 64k 64k",
                "write -P 0x78 80k 4k", "read -P 0 64k 16k", "read -P 0x78 80k 4k", "read -P 0 84k 44k");
    }

    @Test
    void shouldTakeForcedWritesAndFlushes() {
        io("forced", "write -f -P 0x81 4M 128k", "flush", "write -f -z 4M 64k", "flush",
                "read -P 0 4M 64k", "read -P 0x81 4160k 64k");
    }

    @Test
    void shouldKeepManyRequestsApart() {
        io("async",
                "aio_write -P 1 0 512k", "aio_write -P 2 512k 512k", "aio_write -P 3 1M 512k", "aio_flush",
                "aio_read -P 3 1M 512k", "aio_read -P 2 512k 512k", "aio_read -P 1 0 512k", "aio_flush");
    }
}
