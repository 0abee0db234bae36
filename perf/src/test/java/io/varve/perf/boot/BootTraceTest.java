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
        image.write(file, trace.pages(), trace.diskSize());

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

    @Test
    void shouldMakeTheBootOfAnotherImage() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 256; i++) {
            text.append(i * 1000).append("\tread\t").append((long) i << 20).append("\t4096\t1\n");
        }
        BootTrace trace = trace(text.toString(), 0);
        BootTrace other = trace.another(5);

        assertThat(other.reads()).hasSize(256).isEqualTo(trace.another(5).reads());
        assertThat(other.pages()).isNotEqualTo(trace.pages());
        assertThat(other.diskSize()).isLessThanOrEqualTo(trace.diskSize());
        long same = 0;
        for (int i = 0; i < 256; i++) {
            same += trace.reads().get(i).equals(other.reads().get(i)) ? 1 : 0;
        }
        assertThat(same).as("reads at the same place in both").isLessThan(64);
        assertThat(trace.another(6).reads()).isNotEqualTo(other.reads());
        assertThat(trace.withoutThinking().thinkNs()).isZero();
        assertThat(trace.withoutThinking().pages()).isEqualTo(trace.pages());
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
