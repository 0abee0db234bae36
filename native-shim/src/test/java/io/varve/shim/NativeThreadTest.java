package io.varve.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class NativeThreadTest {

    /** Field of /proc/thread-self/stat, counted from 1 as proc(5) does. */
    private static final int NICE_FIELD = 19;

    @Test
    void shouldChangeTheCallingThreadOnly() throws Exception {
        int before = nice();
        int[] seen = new int[2];
        Thread thread = new Thread(() -> {
            seen[0] = nice();
            NativeThread.giveWay(3);
            seen[1] = nice();
        });
        thread.start();
        thread.join();
        assertThat(seen[0]).isEqualTo(before);
        assertThat(seen[1]).isEqualTo(Math.min(19, before + 3));
        assertThat(nice()).isEqualTo(before);
    }

    private static int nice() {
        try {
            String stat = Files.readString(Path.of("/proc/thread-self/stat"));
            // The second field is a name in parentheses, which may have spaces.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Integer.parseInt(fields[NICE_FIELD - 3]);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
