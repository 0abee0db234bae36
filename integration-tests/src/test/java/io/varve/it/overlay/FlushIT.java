package io.varve.it.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.SystemCalls;
import io.varve.it.tool.Tool;
import io.varve.nbd.client.NbdClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a flush costs, counted where it costs: in system calls of the daemon on files of the overlay. */
class FlushIT {

    private static final String EXPORT = "disk@flusher";
    private static final String CALLS = "fdatasync,fsync,sync_file_range,syncfs,msync,pwrite64,pwritev,pwritev2";

    @TempDir
    Path directory;

    @Test
    void shouldSyncOnceAfterAFewNewPages() throws IOException {
        List<String> calls = callsOf("""
                for page in (700, 40, 4000, 2222):
                    h.pwrite(b'n' * 4096, page * 4096)
                h.flush()
                """);
        assertThat(syncs(calls)).as("%s", calls).singleElement().asString().contains("fdatasync(", "/jrnl>");
        assertThat(calls).as("a write for each page, and the record").hasSize(6);
    }

    @Test
    void shouldSyncOnceAfterOverwrites() throws IOException {
        List<String> calls = callsOf("""
                for page in (3, 1, 2):
                    h.pwrite(b'o' * 512, page * 4096)
                h.flush()
                """);
        assertThat(syncs(calls)).as("%s", calls).singleElement().asString().contains("fdatasync(");
    }

    @Test
    void shouldNotSyncAgainWhatIsDurable() throws IOException {
        assertThat(callsOf("h.flush()")).isEmpty();
    }

    /** Of a client that comes to an overlay whose journal is prepared, and that somebody else keeps open. */
    private List<String> callsOf(String code) throws IOException {
        try (Served served = Served.mixed(directory, 16 * RawImages.MIB, 17);
                NbdClient keeper = served.daemon().connect(EXPORT)) {
            for (int commit = 0; commit < 3; commit++) {
                keeper.write(commit * 8192, new byte[8192]);
                keeper.flush();
            }
            List<String> calls;
            try (SystemCalls traced = SystemCalls.of(served.daemon().pid(), directory, CALLS)) {
                Tool.run("nbdsh", "-u", served.uri(EXPORT), "-c", code);
                calls = traced.lines().stream().filter(line -> line.contains("/overlays/disk/")).toList();
            }
            System.out.println(syncs(calls).size() + " sync and " + (calls.size() - syncs(calls).size())
                    + " writes for:\n" + code + String.join("\n", calls));
            return calls;
        }
    }

    private static List<String> syncs(List<String> calls) {
        return calls.stream().filter(line -> line.contains("sync")).toList();
    }
}
