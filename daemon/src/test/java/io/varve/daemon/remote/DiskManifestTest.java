package io.varve.daemon.remote;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.cache.DiskPattern;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.remote.OriginException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a manifest says, and what is taken for one. */
class DiskManifestTest {

    /** More than is hashed at once; the last chunk is short. */
    private static final DiskPattern DISK = new DiskPattern((2 << 20) + 3 * Chunks.CHUNK_SIZE + 5000);
    private static final int SMALL = 2 * Chunks.CHUNK_SIZE + 1;

    @TempDir
    Path directory;

    private final NativeFileSpace space = new NativeFileSpace();
    private final UnsafeBuffer bytes = Buffers.alignedDirect((int) DISK.size());
    private Path made;
    private String id;

    @BeforeEach
    void make() throws IOException {
        DISK.fill(0, bytes, 0, (int) DISK.size());
        made = directory.resolve("disk.manifest");
        id = make(bytes, (int) DISK.size(), made);
    }

    private String make(UnsafeBuffer content, int length, Path manifest) throws IOException {
        byte[] heap = new byte[length];
        content.getBytes(0, heap);
        Path raw = directory.resolve("disk.raw");
        Files.write(raw, heap);
        Files.deleteIfExists(manifest);
        long[] reached = new long[1];
        try (BlockFile disk = space.open(raw, OpenMode.READ);
                BlockFile target = space.open(manifest, OpenMode.CREATE_NEW)) {
            String made = DiskManifest.make(disk, target, position -> reached[0] = position);
            assertThat(reached[0]).isEqualTo(length);
            return made;
        }
    }

    private String copy(Path from, long diskSize) throws IOException {
        Path to = directory.resolve("copy");
        Files.deleteIfExists(to);
        try (ManifestSource source = ManifestSource.open(space, from.toString());
                BlockFile target = space.open(to, OpenMode.CREATE_NEW)) {
            return DiskManifest.copy(source, diskSize, target);
        }
    }

    @Test
    void shouldHoldTheDigestOfEachChunk() throws IOException {
        byte[] file = Files.readAllBytes(made);
        assertThat(file).hasSize(512 + 32 * DISK.chunkCount() + 32);
        for (int chunk = 0; chunk < DISK.chunkCount(); chunk++) {
            byte[] content = new byte[Chunks.length(chunk, DISK.size())];
            bytes.getBytes((int) Chunks.position(chunk), content);
            assertThat(Arrays.copyOfRange(file, 512 + 32 * chunk, 544 + 32 * chunk)).as("chunk %d", chunk)
                    .isEqualTo(Sha256.digest().digest(content));
        }
        assertThat(HexFormat.of().formatHex(file, file.length - 32, file.length)).isEqualTo(id)
                .isEqualTo(Sha256.hex(Arrays.copyOf(file, file.length - 32)));
    }

    @Test
    void shouldCopyAllOfAWholeOne() throws IOException {
        assertThat(copy(made, DISK.size())).isEqualTo(id);
        assertThat(directory.resolve("copy")).hasSameBinaryContentAs(made);
    }

    @Test
    void shouldFindEveryWrongChunkAndNoOther() throws IOException {
        try (DiskManifest manifest = DiskManifest.open(space, made, DISK.size(), id)) {
            manifest.check(0, bytes, 0, (int) DISK.size());
            for (int chunk = 0; chunk < DISK.chunkCount(); chunk++) {
                int position = (int) Chunks.position(chunk);
                int length = Chunks.length(chunk, DISK.size());
                manifest.check(position, bytes, position, length);
                int last = position + length - 1;
                bytes.putByte(last, (byte) (bytes.getByte(last) ^ 1));
                for (int from : new int[] {0, position}) {
                    int until = from == 0 ? (int) DISK.size() : length;
                    OriginException wrong = catchThrowableOfType(
                            OriginException.class, () -> manifest.check(from, bytes, from, until));
                    assertThat(wrong.kind()).isEqualTo(Kind.WRONG);
                    assertThat(wrong).hasMessage("the chunk at byte " + position
                            + " of the disk is not what the manifest says");
                }
                bytes.putByte(last, (byte) (bytes.getByte(last) ^ 1));
            }
            for (int[] part : new int[][] {{1, Chunks.CHUNK_SIZE - 1}, {0, 4096}, {4096, Chunks.CHUNK_SIZE}}) {
                assertThatThrownBy(() -> manifest.check(part[0], bytes, part[0], part[1]))
                        .as("what cannot be checked does not pass").isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void shouldRefuseOneOfWhichAnyByteIsAnother() throws IOException {
        Path small = directory.resolve("small");
        make(bytes, SMALL, small);
        byte[] whole = Files.readAllBytes(small);
        Path bad = directory.resolve("bad");
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 0x10;
            Files.write(bad, damaged);
            assertThat(catchThrowable(() -> copy(bad, SMALL))).as("byte %d", i)
                    .isInstanceOf(CorruptDataException.class).hasMessageContaining(bad.toString());
        }
        for (int length = 0; length < whole.length; length += 31) {
            Files.write(bad, Arrays.copyOf(whole, length));
            assertThat(catchThrowable(() -> copy(bad, SMALL))).as("%d bytes", length)
                    .isInstanceOf(CorruptDataException.class);
        }
        Files.write(bad, Arrays.copyOf(whole, whole.length + 1));
        assertThat(catchThrowable(() -> copy(bad, SMALL))).isInstanceOf(CorruptDataException.class);
    }

    @Test
    void shouldBelieveNoFieldThatCannotBe() throws IOException {
        assertHeaderRefused(8, 2, FormatVersionException.class, "format version 2");
        assertHeaderRefused(12, 2 * Chunks.CHUNK_SIZE, CorruptDataException.class, "its chunks have");
        assertHeaderRefused(20, -1, CorruptDataException.class, "no disk has");
        assertHeaderRefused(20, 1 << 13, CorruptDataException.class, "no disk has");
        assertHeaderRefused(20, 1, CorruptDataException.class, "bytes long");
        assertHeaderRefused(500, 1, CorruptDataException.class, "reserved");
    }

    private void assertHeaderRefused(int offset, int value, Class<? extends IOException> type, String why)
            throws IOException {
        byte[] file = Files.readAllBytes(made);
        UnsafeBuffer header = Buffers.alignedDirect(512);
        header.putBytes(0, file, 0, 512);
        header.putInt(offset, value, LITTLE_ENDIAN);
        header.putInt(508, Crc32c.of(header, 0, 508), LITTLE_ENDIAN);
        header.getBytes(0, file, 0, 512);
        Path bad = directory.resolve("bad");
        Files.write(bad, file);
        assertThatThrownBy(() -> copy(bad, DISK.size())).isInstanceOf(type).hasMessageContaining(why);
    }

    @Test
    void shouldRefuseThatOfAnotherDisk() throws IOException {
        assertThatThrownBy(() -> copy(made, DISK.size() + 1)).isInstanceOf(OriginException.class)
                .hasMessage(made + " is the manifest of a disk of " + DISK.size() + " bytes, and this one has "
                        + (DISK.size() + 1));
        assertThatThrownBy(() -> DiskManifest.open(space, made, DISK.size() + 1, id))
                .isInstanceOf(CorruptDataException.class);
        assertThatThrownBy(() -> DiskManifest.open(space, made, DISK.size(), Sha256.hex(new byte[0])))
                .isInstanceOf(CorruptDataException.class);
    }

    @Test
    void shouldSayThatThereIsNone() {
        assertThatThrownBy(() -> ManifestSource.open(space, "/nowhere/at.manifest"))
                .hasMessageStartingWith("there is no manifest /nowhere/at.manifest: ");
    }

    @Test
    void shouldComeFromAWebServer() throws IOException {
        Path small = directory.resolve("small");
        String smallId = make(bytes, 1, small);
        try (ScriptedHttpServer server = new ScriptedHttpServer(Files.readAllBytes(small));
                ManifestSource source = ManifestSource.open(space, server.url());
                BlockFile target = space.open(directory.resolve("copy"), OpenMode.CREATE_NEW)) {
            assertThat(DiskManifest.copy(source, 1, target)).isEqualTo(smallId);
        }
        assertThat(directory.resolve("copy")).hasSameBinaryContentAs(small);
    }
}
