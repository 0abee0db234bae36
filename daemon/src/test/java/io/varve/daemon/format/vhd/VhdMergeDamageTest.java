package io.varve.daemon.format.vhd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.merge.FileMerge;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VhdMergeDamageTest {

    private static final int BLOCK = 4096;

    @TempDir
    Path directory;

    /** What goes into one block would change another one. */
    @Test
    void shouldNotWriteIntoBlocksThatOverlap() throws IOException {
        byte[] data = new byte[BLOCK];
        TestVhd below = TestVhd.dynamic(3 * BLOCK, BLOCK).block(0, data, 0).block(1, data, 0);
        below.id = TestVhd.PARENT_ID;
        byte[] content = below.entry(1, below.entry(0)).build();
        Path parent = Files.write(directory.resolve("parent.vhd"), content);
        Path child = Files.write(directory.resolve("child.vhd"),
                TestVhd.differencing(3 * BLOCK, BLOCK).parentName("parent.vhd").block(0, data, 1).build());
        FileMerge merge = new FileMerge(new NativeFileSpace(), child, parent);
        assertThatThrownBy(() -> merge.note(UUID::randomUUID)).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("another block is there");
        assertThat(Files.readAllBytes(parent)).isEqualTo(content);
        assertThat(Files.list(directory)).containsExactlyInAnyOrder(parent, child);
    }
}
