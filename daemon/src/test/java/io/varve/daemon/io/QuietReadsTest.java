package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongPredicate;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class QuietReadsTest {

    private static final int LENGTH = 700_000;

    private final SimFileSpace space = new SimFileSpace();
    private final UnsafeBuffer content = Buffers.alignedDirect(LENGTH);
    private final UnsafeBuffer read = Buffers.alignedDirect(LENGTH);
    private final List<String> advised = new ArrayList<>();

    /** @param inMemory whether the page at a position is */
    private BlockFile file(LongPredicate inMemory) throws IOException {
        byte[] bytes = new byte[LENGTH];
        new Random(8).nextBytes(bytes);
        content.putBytes(0, bytes);
        BlockFile file = space.open(Path.of("/file"), OpenMode.CREATE_NEW);
        file.write(0, content, 0, LENGTH);
        return (BlockFile) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {BlockFile.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("advise")) {
                        advised.add(arguments[0] + " " + arguments[1] + " " + arguments[2]);
                    }
                    if (method.getName().equals("readNow")) {
                        assertThat((Integer) arguments[3]).isLessThanOrEqualTo(Pages.PAGE_SIZE);
                        if (!inMemory.test((Long) arguments[0])) {
                            return BlockSource.WOULD_BLOCK;
                        }
                    }
                    return method.invoke(file, arguments);
                });
    }

    @Test
    void shouldLeaveInMemoryWhatWasThere() throws IOException {
        QuietReads.read(file(position -> true), 0, read, 0, LENGTH);
        assertThat(read).isEqualTo(content);
        assertThat(advised).containsExactly("RANDOM 0 0");
    }

    @Test
    void shouldDropFromMemoryWhatItBroughtIn() throws IOException {
        BlockFile file = file(position -> false);
        QuietReads.read(file, 0, read, 0, LENGTH);
        assertThat(read).isEqualTo(content);
        assertThat(advised).containsExactly(
                "RANDOM 0 0", "DONT_NEED 0 262144", "DONT_NEED 262144 262144", "DONT_NEED 524288 175712");
    }

    @Test
    void shouldTellThePartsApart() throws IOException {
        QuietReads.read(file(position -> position < 8192 || position >= 300_000), 0, read, 0, LENGTH);
        assertThat(read).isEqualTo(content);
        assertThat(advised).containsExactly("RANDOM 0 0", "DONT_NEED 8192 262144", "DONT_NEED 270336 262144");
    }
}
