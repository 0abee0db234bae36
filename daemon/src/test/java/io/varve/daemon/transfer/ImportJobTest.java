package io.varve.daemon.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.Scrub;
import io.varve.shim.NativeSupport;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportJobTest {

    private static final int PAGE = 4096;

    @TempDir
    private Path directory;

    private final FileSpace space = new NativeFileSpace();
    private Path layers;
    private Path source;

    /** Unpacking the library is one thing that an interrupted thread cannot do. */
    @BeforeAll
    static void loadNativeLibrary() {
        assertThat(NativeSupport.available()).as(NativeSupport.reason()).isTrue();
    }

    @BeforeEach
    void paths() {
        layers = directory.resolve("store/layers");
        source = directory.resolve("disk.img");
    }

    @Test
    void shouldImportAnySizeWithHolesAndZeros() throws Exception {
        for (long seed = 1; seed <= 8; seed++) {
            Random random = new Random(seed);
            byte[] content = new byte[1 + random.nextInt(3_000_000)];
            Files.deleteIfExists(source);
            try (RandomAccessFile file = new RandomAccessFile(source.toFile(), "rw")) {
                file.setLength(content.length);
                for (int i = 0; i < 10; i++) {
                    byte[] piece = new byte[random.nextInt(100_000)];
                    if (random.nextInt(3) > 0) {
                        random.nextBytes(piece);
                    }
                    int from = random.nextInt(content.length);
                    int length = Math.min(piece.length, content.length - from);
                    System.arraycopy(piece, 0, content, from, length);
                    file.seek(from);
                    file.write(piece, 0, length);
                }
            }

            ImportResult result = importSource(space, SourceFormat.AUTO, null);

            assertThat(result.manifest().size()).as("seed %d", seed).isEqualTo(content.length);
            assertThat(result.manifest().dataPageCount()).as("seed %d", seed).isEqualTo(pagesWithData(content));
            assertThat(result.manifest().zeroPageCount()).isZero();
            assertThat(read(result)).as("seed %d", seed).isEqualTo(content);
            assertThat(temporaryFiles()).isEmpty();
        }
    }

    @Test
    void shouldStoreOnlyWhatTheParentHasNot() throws Exception {
        byte[] content = random(40 * PAGE);
        Files.write(source, content);
        ImportResult base = importSource(space, SourceFormat.AUTO, null);
        Arrays.fill(content, 5 * PAGE, 7 * PAGE, (byte) 0);
        content[9 * PAGE + 1] ^= 1;
        byte[] longer = Arrays.copyOf(content, 50 * PAGE + 123);
        longer[50 * PAGE + 122] = 1;
        try (RandomAccessFile file = new RandomAccessFile(source.toFile(), "rw")) {
            file.setLength(0);
            file.setLength(longer.length);
            writeWithoutZeroPages(file, longer);
        }

        ImportResult top;
        try (Chain parent = Chain.open(space, layers, List.of(base.layer()), 40 * PAGE)) {
            top = importSource(space, SourceFormat.AUTO, parent);
        }

        assertThat(top.manifest().dataPageCount()).as("one changed, one behind the parent's end").isEqualTo(2);
        assertThat(top.manifest().zeroPageCount()).as("from a hole").isEqualTo(2);
        assertThat(read(base, top)).isEqualTo(longer);
    }

    @Test
    void shouldSayInOneLineWhyASourceCannotBeImported() throws Exception {
        Path fifo = directory.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
        Path empty = Files.createFile(directory.resolve("empty"));
        Path missing = directory.resolve("missing");

        assertRefused(directory, "is a directory");
        assertRefused(fifo, "special file");
        assertRefused(empty, "is empty");
        assertRefused(missing, "there is no file");
        assertRefused(Path.of("/dev/null"), "special file");
        assertThat(temporaryFiles()).isEmpty();
    }

    @Test
    void shouldRefuseOtherFormatsUnlessTheyAreSaidToBeRaw() throws Exception {
        byte[] fixedVhd = random(100_000);
        byte[] footer = "conectix".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(footer, 0, fixedVhd, fixedVhd.length - 512, footer.length);
        List<byte[]> sources = new ArrayList<>(List.of(fixedVhd));
        for (String magic : List.of("QFI\u00fb", "vhdxfile", "conectix", "KDMV", "\u001f\u008b\b", "(\u00b5/\u00fd")) {
            byte[] content = random(9000);
            byte[] bytes = magic.getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(bytes, 0, content, 0, bytes.length);
            sources.add(content);
        }
        for (byte[] content : sources) {
            Files.write(source, content);
            assertRefused(source, "--format raw");
            assertThat(read(importSource(space, SourceFormat.RAW, null))).isEqualTo(content);
        }
        for (String almost : List.of("QFI", "conecti", "v")) {
            Files.writeString(source, almost);
            assertThat(read(importSource(space, SourceFormat.AUTO, null))).asString(StandardCharsets.US_ASCII)
                    .isEqualTo(almost);
        }
    }

    @Test
    void shouldNoticeASourceThatChanges() throws Exception {
        List<Change> changes = List.of(
                file -> file.setLength(2_000_000),
                file -> file.setLength(10_000_000),
                file -> {
                    file.write(1);
                    Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2031-01-01T00:00:00Z")));
                });
        for (Change change : changes) {
            Files.write(source, random(5_000_000));
            boolean[] done = {false};
            FileSpace hooked = new HookedFileSpace() {
                @Override
                void beforeRead(Path file, long position) throws IOException {
                    if (file.equals(source) && position > 3_000_000 && !done[0]) {
                        done[0] = true;
                        try (RandomAccessFile open = new RandomAccessFile(source.toFile(), "rw")) {
                            change.apply(open);
                        }
                    }
                }
            };
            assertThatThrownBy(() -> importSource(hooked, SourceFormat.RAW, null))
                    .isInstanceOf(ImportException.class).hasMessageContaining("changed while it was read");
            assertThat(temporaryFiles()).isEmpty();
            assertThat(Files.exists(layers) ? space.list(layers) : List.of()).isEmpty();
        }
    }

    private interface Change {
        void apply(RandomAccessFile file) throws IOException;
    }

    @Test
    void shouldLeaveNothingOnAFullDisk() throws Exception {
        Files.write(source, random(20_000_000));
        FileSpace full = new HookedFileSpace() {
            @Override
            void beforeWrite(Path file, long position) throws IOException {
                if (position > 12_000_000) {
                    throw new NoSpaceException("full", null);
                }
            }
        };
        assertThatThrownBy(() -> importSource(full, SourceFormat.RAW, null)).isInstanceOf(NoSpaceException.class)
                .hasMessageContaining("no space left").hasMessageContaining(directory.resolve("store").toString());
        assertThat(temporaryFiles()).isEmpty();
    }

    @Test
    void shouldContinueAfterAnInterruption() throws Exception {
        byte[] content = random(30 << 20);
        Files.write(source, content);
        FileSpace interrupting = new HookedFileSpace() {
            @Override
            void beforeRead(Path file, long position) {
                if (file.equals(source) && position > 20 << 20) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        assertThatThrownBy(() -> importSource(interrupting, SourceFormat.RAW, null))
                .isInstanceOf(InterruptedException.class);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(temporaryFiles()).isNotEmpty();
        List<Long> steps = new ArrayList<>();

        ImportResult result = run(space, source, SourceFormat.RAW, null,
                (bytesDone, bytesTotal, bytesPerSecond) -> steps.add(bytesDone));

        assertThat(result.resumedBytes()).isEqualTo(16 << 20);
        assertThat(steps).isSorted().endsWith((long) content.length);
        assertThat(read(result)).isEqualTo(content);
        assertThat(new Scrub(space, layers, bytes -> {}).check(result.layer())).isEmpty();
        assertThat(temporaryFiles()).isEmpty();
    }

    @Test
    void shouldNotContinueWithASourceThatChangedMeanwhile() throws Exception {
        byte[] content = random(20 << 20);
        Files.write(source, content);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> importSource(space, SourceFormat.RAW, null)).isInstanceOf(InterruptedException.class);
        content[5] ^= 1;
        Files.write(source, content);
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2031-01-01T00:00:00Z")));

        ImportResult result = importSource(space, SourceFormat.RAW, null);

        assertThat(result.resumedBytes()).isZero();
        assertThat(read(result)).isEqualTo(content);
    }

    @Test
    void shouldNotRunTwiceAtATime() throws Exception {
        Files.write(source, random(20 << 20));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> importSource(space, SourceFormat.RAW, null)).isInstanceOf(InterruptedException.class);
        Path lock = temporaryFiles().stream().filter(file -> file.toString().endsWith(".lock")).findFirst().get();

        try (FileLocks.Lock held = FileLocks.tryLock(lock, LockKind.EXCLUSIVE)) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> importSource(space, SourceFormat.RAW, null))
                    .isInstanceOf(ImportException.class).hasMessageContaining("being imported already");
        }
        assertThat(importSource(space, SourceFormat.RAW, null).manifest().size()).isEqualTo(20 << 20);
        assertThat(temporaryFiles()).isEmpty();
    }

    private void assertRefused(Path path, String why) {
        assertThatThrownBy(
                        () -> run(space, path, SourceFormat.AUTO, null, ProgressListener.NONE))
                .isInstanceOf(ImportException.class)
                .hasMessageContaining(path.toString()).hasMessageContaining(why)
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }

    private ImportResult importSource(FileSpace used, SourceFormat format, Chain parent) throws Exception {
        return run(used, source, format, parent, ProgressListener.NONE);
    }

    private ImportResult run(FileSpace used, Path path, SourceFormat format, Chain parent, ProgressListener listener)
            throws Exception {
        try (ImportSource open = ImportSource.open(used, SourceFile.of(path, format))) {
            return new ImportJob(used, layers, ImportPart.file(open, 0), parent, listener).run();
        }
    }

    private byte[] read(ImportResult... baseFirst) throws IOException {
        int size = (int) baseFirst[baseFirst.length - 1].manifest().size();
        try (Chain chain = Chain.open(space, layers, Stream.of(baseFirst).map(ImportResult::layer).toList(), size)) {
            UnsafeBuffer buffer = Buffers.alignedDirect(size);
            chain.read(0, buffer, 0, size);
            byte[] content = new byte[size];
            buffer.getBytes(0, content);
            return content;
        }
    }

    private List<Path> temporaryFiles() throws IOException {
        return space.list(layers.resolveSibling("tmp"));
    }

    private static byte[] random(int length) {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        return content;
    }

    private static void writeWithoutZeroPages(RandomAccessFile file, byte[] content) throws IOException {
        for (int from = 0; from < content.length; from += PAGE) {
            byte[] page = Arrays.copyOfRange(content, from, Math.min(from + PAGE, content.length));
            if (pagesWithData(page) > 0) {
                file.seek(from);
                file.write(page);
            }
        }
    }

    private static long pagesWithData(byte[] content) {
        long count = 0;
        for (int from = 0; from < content.length; from += PAGE) {
            boolean data = false;
            for (int i = from; i < Math.min(from + PAGE, content.length); i++) {
                data |= content[i] != 0;
            }
            count += data ? 1 : 0;
        }
        return count;
    }
}
