package io.varve.daemon.transfer;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.ImageVariant;
import io.varve.daemon.format.Piece;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;

/** A store and a directory for files, and what is done there. Owned by the test. */
final class ExportRoom {

    static final int SECTOR = 512;

    private final Path directory;
    private final Path storeDirectory;
    private int imported;

    ExportRoom(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory.resolve("files"));
        this.storeDirectory = directory.resolve("store");
        Store.openOrCreate(new NativeFileSpace(), storeDirectory);
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    /** Names in the directory for files. */
    List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    Store store(FileSpace space) throws IOException {
        return Store.open(space, storeDirectory);
    }

    /** @param parentOrNull image that it is a later version of */
    void importBytes(String image, byte[] content, String parentOrNull) throws Exception {
        Path raw = storeDirectory.resolveSibling("import-" + imported++);
        Files.write(raw, content);
        importFile(image, raw, SourceFormat.RAW, parentOrNull);
        Files.delete(raw);
    }

    ImageImport.Outcome importFile(String image, Path file, SourceFormat format, String parentOrNull)
            throws Exception {
        return new ImageImport(store(new NativeFileSpace()), SourceFile.of(file, format), ProgressListener.NONE)
                .run(ImageName.parse(image), parentOrNull == null ? null : ImageName.parse(parentOrNull));
    }

    ImageExport.Outcome export(String source, ExportTarget target) throws Exception {
        return export(source, target, new NativeFileSpace());
    }

    ImageExport.Outcome export(String source, ExportTarget target, FileSpace space) throws Exception {
        return new ImageExport(store(space), target, ProgressListener.NONE).run(ExportName.parse(source));
    }

    ExportTarget on(Path parent, Path child, ImageFormat format) {
        return new ExportTarget(child, format, ImageVariant.PLAIN, Optional.of(parent), List.of(), false);
    }

    /** The disk of a file and its parents, as our readers see it. */
    static byte[] content(Path file, ImageFormat format) throws IOException {
        try (ImageChain chain = open(file, format)) {
            int size = (int) chain.size();
            UnsafeBuffer buffer = Buffers.alignedDirect(size);
            chain.read(0, buffer, 0, size);
            byte[] content = new byte[size];
            buffer.getBytes(0, content);
            return content;
        }
    }

    /** Of each sector, whether the file on top says something about it. */
    static boolean[] spoken(Path file, ImageFormat format) throws IOException {
        try (ImageChain chain = open(file, format)) {
            ForeignImage top = chain.images().get(0);
            boolean[] spoken = new boolean[(int) (top.size() / SECTOR)];
            Piece piece = new Piece();
            for (long offset = 0; offset < top.size(); offset += piece.length()) {
                top.locate(offset, top.size() - offset, piece, true);
                Arrays.fill(spoken, (int) (offset / SECTOR), (int) ((offset + piece.length()) / SECTOR),
                        piece.kind() != Piece.ABSENT);
            }
            return spoken;
        }
    }

    private static ImageChain open(Path file, ImageFormat format) throws IOException {
        return new ImageOpener(new NativeFileSpace(), ImageReader::ofAll, List.of())
                .open(file, Optional.of(format)).chain();
    }

    /** Data, zeros and single sectors of data, in random places. */
    static byte[] disk(int size, long seed) {
        byte[] content = new byte[size];
        scribble(content, 12, seed);
        return content;
    }

    /** Writes data and zeros over a disk. */
    static void scribble(byte[] content, int count, long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            int start = random.nextInt(content.length) / SECTOR * SECTOR;
            int wanted = switch (random.nextInt(4)) {
                case 0 -> SECTOR;
                case 1 -> 1 + random.nextInt(5000);
                case 2 -> 1 + random.nextInt(300_000);
                default -> 1 + random.nextInt(3_000_000);
            };
            byte[] piece = new byte[Math.min(wanted, content.length - start)];
            if (random.nextInt(3) > 0) {
                random.nextBytes(piece);
            }
            System.arraycopy(piece, 0, content, start, piece.length);
        }
    }
}
