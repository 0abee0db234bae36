package io.varve.it.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several connections to one disk: where they are promised, what the promise is worth, and where there is none. */
class MultiConnIT {

    private static final long SIZE = 16 * RawImages.MIB;
    private static final long SEED = 81;
    private static final String PAGES = "random.seed(" + SEED + ")\npages = random.sample(range(4096), 200)\n";

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

    /** Runs with {@code raw} what was imported, {@code uri()}, and {@code open_all()}, both of an export. */
    private static void script(String code) {
        String preamble = """
                import os, random, signal, subprocess
                raw = open('%s', 'rb').read()
                def uri(export):
                    return '%s'.replace('EXPORT', export)
                def open_all(export, count):
                    all = [nbd.NBD() for i in range(count)]
                    for one in all:
                        one.connect_uri(uri(export))
                    return all
                """.formatted(served.raw(), served.uri("EXPORT"));
        assertThat(Tool.run("nbdsh", "-c", preamble + code + "\nprint('end of script')").out())
                .endsWith("end of script\n");
    }

    /**
     * One client flushes on another connection than those that wrote, one forces each write, and one has its writes
     * flushed by QEMU, which flushes nothing of which it believes that there is nothing to flush, so that it writes a
     * page of its own. The daemon is killed while all connections are open: a close might make things durable, too.
     */
    @Test
    void shouldKeepWhatWasFlushedOnOtherConnections() {
        script(PAGES + """
                flushed = open_all('disk@flushed', 4)
                for i, page in enumerate(pages):
                    flushed[i %% 3].pwrite(page.to_bytes(4, 'big') * 1024, page * 4096)
                flushed[3].flush()

                forced = open_all('disk@forced', 4)
                for i in range(64):
                    data = bytes([i + 1]) * 5000
                    forced[i %% 4].pwrite(data, i * 9000, nbd.CMD_FLAG_FUA)
                    assert forced[(i + 1) %% 4].pread(5000, i * 9000) == data, i
                forced[1].zero(4096, 20480, nbd.CMD_FLAG_FUA)
                forced[2].trim(4096, 40960, nbd.CMD_FLAG_FUA)
                assert forced[3].pread(4096, 20480) == forced[0].pread(4096, 40960) == bytes(4096)

                mixed = open_all('disk@mixed', 2)
                mixed[0].pwrite(b'f' * 100000, 1000)
                mixed[1].pwrite(b's' * 100000, 1 << 20)
                subprocess.run(['qemu-io', '-f', 'raw', uri('disk@mixed'), '-c', 'read -P 0x66 1000 100000',
                                '-c', 'write -P 0x71 8M 64k', '-c', 'flush'], check=True, stdout=2)
                assert mixed[0].pread(65536, 8 << 20) == b'q' * 65536

                os.kill(%d, signal.SIGKILL)
                """.formatted(served.daemon().pid()));
        served.killAndRestart();
        script(PAGES + """
                flushed, = open_all('disk@flushed', 1)
                for page in pages:
                    assert flushed.pread(4096, page * 4096) == page.to_bytes(4, 'big') * 1024, page

                model = bytearray(raw)
                for i in range(64):
                    model[i * 9000:i * 9000 + 5000] = bytes([i + 1]) * 5000
                model[20480:24576] = model[40960:45056] = bytes(4096)
                forced, = open_all('disk@forced', 1)
                assert forced.pread(len(raw), 0) == model

                mixed, = open_all('disk@mixed', 1)
                assert mixed.pread(100000, 1000) == b'f' * 100000
                assert mixed.pread(100000, 1 << 20) == b's' * 100000
                assert mixed.pread(65536, 8 << 20) == b'q' * 65536
                """);
    }

    @Test
    void shouldCopyOverFourConnectionsWhereThatIsPromised() throws IOException {
        Path other = RawImages.mixed(directory.resolve("other.raw"), SIZE, SEED + 1);
        Path copy = directory.resolve("copy.raw");
        assertThat(connectionsOf("--flush", other, served.uri("disk@target"))).isEqualTo(4);
        // Both sides are disks of this daemon.
        assertThat(connectionsOf("--flush", served.uri("disk@target"), served.uri("disk@next"))).isEqualTo(8);
        served.killAndRestart();
        assertThat(connectionsOf(served.uri("disk@next"), copy)).isEqualTo(4);
        assertThat(Files.mismatch(other, copy)).isEqualTo(-1);
        assertThat(connectionsOf(served.uri("disk"), copy)).isEqualTo(1);
        assertThat(Files.mismatch(served.raw(), copy)).isEqualTo(-1);
    }

    /** How many nbdcopy opened, of the four that it may. */
    private static long connectionsOf(Object... arguments) {
        long before = openedCount();
        Tool.run(Stream.concat(Stream.of("nbdcopy", "--connections=4", "--threads=4"), Stream.of(arguments)).toArray());
        return openedCount() - before;
    }

    private static long openedCount() {
        return served.varve().run("status", "--json").json().number("counters", "SESSIONS_OPENED");
    }

    @Test
    void shouldPromiseNothingWhereEachConnectionHasADiskOfItsOwn() {
        script("""
                first, second = open_all('disk', 2)
                assert not first.can_multi_conn() and not second.can_multi_conn()
                first.pwrite(b'x' * 4096, 8192)
                first.flush()
                assert second.pread(4096, 8192) == raw[8192:12288]
                second.flush()
                assert second.pread(4096, 8192) == raw[8192:12288]
                assert first.pread(4096, 8192) == b'x' * 4096
                """);
    }

    /** By a file, because one daemon has many modes then. */
    @Test
    void shouldPromiseSeveralConnectionsWhereAllSeeOneDisk() throws IOException {
        Path place = Files.createDirectory(directory.resolve("modes"));
        Path file = Files.writeString(place.resolve("varve.toml"), """
                [[export]]
                image = "disk:latest"
                overlay = "memory"

                [[export]]
                image = "disk:frozen"
                read-only = true

                [[export]]
                image = "disk:shown"
                [[export.rule]]
                users = [%s]
                write = false
                """.formatted(Files.getAttribute(directory, "unix:uid")));
        try (Served many = Served.mixed(place, RawImages.MIB, SEED)) {
            many.varve().run("tag", "disk", "disk:frozen");
            many.varve().run("tag", "disk", "disk:shown");
            many.daemon().stop();
            try (Daemon configured = many.varve().serve("--config", file)) {
                requireMultiConn(configured, "disk@alice", true);
                requireMultiConn(configured, "disk", false);
                requireMultiConn(configured, "disk:frozen", true);
                requireMultiConn(configured, "disk:frozen@alice", true);
                requireMultiConn(configured, "disk:shown@alice", true);
            }
        }
    }

    private static void requireMultiConn(Daemon daemon, String export, boolean promised) {
        assertThat(Tool.run("nbdinfo", "--json", daemon.uri(export)).json().flag("exports", 0, "can_multi_conn"))
                .as(export).isEqualTo(promised);
    }
}
