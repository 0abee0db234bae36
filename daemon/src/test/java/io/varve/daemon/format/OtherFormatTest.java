package io.varve.daemon.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OtherFormatTest {

    @TempDir
    Path directory;

    @Test
    void shouldKnowFormatsByTheirMarks() throws IOException {
        assertThat(probe("KDMV\1")).contains(OtherFormat.VMDK);
        assertThat(probe("# Disk DescriptorFile\nversion=1\n")).contains(OtherFormat.VMDK_TEXT);
        assertThat(probe("QED\0")).contains(OtherFormat.QED);
        assertThat(probe("WithoutFreeSpace")).contains(OtherFormat.PARALLELS);
        assertThat(probe("WithouFreSpacExt\2\0")).contains(OtherFormat.PARALLELS);
        assertThat(probe("x".repeat(64) + "\u007f\u0010\u00da\u00be")).contains(OtherFormat.VDI);
        assertThat(probe("Bochs Virtual HD Image\0")).contains(OtherFormat.BOCHS);
    }

    @Test
    void shouldNotTakeAnythingElseForOne() throws IOException {
        for (String bytes : new String[] {"K", "KDM", "KDMW", "QED", "QED ", "WithoutFreeSpac",
            "\u00be\u00da\u0010\u007f",
            "x".repeat(63) + "\u007f\u0010\u00da\u00be", "x".repeat(64) + "\u007f\u0010\u00da", "\0".repeat(4096)}) {
            assertThat(probe(bytes)).as(bytes).isEmpty();
        }
    }

    private Optional<OtherFormat> probe(String bytes) throws IOException {
        Path file = Files.write(directory.resolve("file"), bytes.getBytes(StandardCharsets.ISO_8859_1));
        try (BlockFile open = new NativeFileSpace().open(file, OpenMode.READ)) {
            return OtherFormat.probe(open);
        }
    }
}
