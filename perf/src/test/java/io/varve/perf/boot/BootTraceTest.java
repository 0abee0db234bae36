package io.varve.perf.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.perf.boot.BootTrace.Read;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootTraceTest {

    @TempDir
    private Path directory;

    @Test
    void shouldKeepReadsWithTheThinkTimesBetweenThem() throws IOException {
        BootTrace trace = trace("# us\n100\tread\t0\t512\t50\n160\twrite\t0\t4096\t100\n200\tread\t8000\t4096\t10\n"
                + "270\tflush\t0\t0\t5\n9000270\tread\t4096\t4096\t3\n", 2_000_000);

        assertThat(trace.reads()).containsExactly(new Read(100_000, 0, 512), new Read(0, 8000, 4096),
                new Read(2_000_000, 4096, 4096));
        assertThat(trace.thinkNs()).isEqualTo(2_100_000);
        assertThat(trace.pages()).containsExactly(0L, 1L, 2L);
        assertThat(trace.diskSize()).isEqualTo(3 * 4096);
    }

    @Test
    void shouldNameTheLineThatIsNoOperation() {
        for (String line : new String[] {"1\tread\t0\t512", "1\tread\t-1\t512\t1", "1\tread\t0\t0\t1", "x"}) {
            assertThatThrownBy(() -> trace("0\tread\t0\t512\t1\n" + line + "\n", 0)).as(line)
                    .isInstanceOf(IOException.class).hasMessageContaining("line 2");
        }
        assertThatThrownBy(() -> trace("# nothing\n", 0)).hasMessageContaining("no read");
    }

    @Test
    void shouldTellRightPagesFromWrongOnes() throws IOException {
        BootTrace trace = trace("0\tread\t70000\t20000\t1\n1\tread\t512\t512\t1\n", 0);
        BootImage image = new BootImage(7);
        Path file = directory.resolve("disk");
        image.write(file, trace);

        assertThat(Files.size(file)).isEqualTo(trace.diskSize());
        byte[] data = read(file, 70_000, 20_000);
        assertThat(image.isRight(70_000, data)).isTrue();
        assertThat(image.isRight(70_000 + 4096, data)).isFalse();
        assertThat(new BootImage(8).isRight(70_000, data)).isFalse();
        assertThat(image.isRight(0, read(file, 0, 512))).isTrue();
        data[20_000 - 20_000 % 4096] ^= 1;
        assertThat(image.isRight(70_000, data)).as("a byte that is not looked at").isTrue();
        data[4096 * 18 - 70_000] ^= 1;
        assertThat(image.isRight(70_000, data)).isFalse();
    }

    private static byte[] read(Path file, long position, int length) throws IOException {
        byte[] data = new byte[length];
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "r")) {
            disk.seek(position);
            disk.readFully(data);
        }
        return data;
    }

    private BootTrace trace(String text, long maxThinkNs) throws IOException {
        return BootTrace.read(Files.writeString(directory.resolve("trace-" + text.hashCode()), text), maxThinkNs);
    }
}
