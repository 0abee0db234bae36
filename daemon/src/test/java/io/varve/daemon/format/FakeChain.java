package io.varve.daemon.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A random chain of fake images, and what their disks are by a computation that shares nothing with the product.
 *
 * <p>Immutable.
 *
 * @param files    base first
 * @param contents of the disks, base first
 */
public record FakeChain(List<Path> files, List<byte[]> contents) {

    /** @param sizes of the disks, base first */
    public static FakeChain write(Path directory, String name, long seed, int... sizes) throws IOException {
        Random random = new Random(seed);
        List<Path> files = new ArrayList<>();
        List<byte[]> contents = new ArrayList<>();
        for (int level = 0; level < sizes.length; level++) {
            int size = sizes[level];
            byte[] disk = level == 0 ? new byte[size] : Arrays.copyOf(contents.get(level - 1), size);
            byte[] own = new byte[size];
            random.nextBytes(own);
            byte[] kinds = new byte[(size + FakeImage.SECTOR - 1) / FakeImage.SECTOR];
            for (int sector = 0; sector < kinds.length; ) {
                byte kind = (byte) (random.nextBoolean() ? Piece.ABSENT : random.nextInt(4));
                int end = Math.min(kinds.length, sector + 1 + random.nextInt(random.nextInt(8) == 0 ? 60 : 6));
                for (; sector < end; sector++) {
                    kinds[sector] = kind;
                    int to = Math.min(size, (sector + 1) * FakeImage.SECTOR);
                    for (int i = sector * FakeImage.SECTOR; i < to && kind != Piece.ABSENT; i++) {
                        disk[i] = kind == Piece.ZERO ? 0 : own[i];
                    }
                }
            }
            Path file = directory.resolve(name + level + ".vhdx");
            FakeImage.Header header = level == 0
                    ? FakeImage.Header.base(ImageFormat.VHDX, size, name + "-id0")
                    : FakeImage.Header.child(ImageFormat.VHDX, size, name + "-id" + level,
                            files.get(level - 1).getFileName().toString(), name + "-id" + (level - 1));
            FakeImage.write(file, header, kinds, own);
            files.add(file);
            contents.add(disk);
        }
        return new FakeChain(files, contents);
    }

    /** The youngest child. */
    public Path top() {
        return files.get(files.size() - 1);
    }

    public byte[] topContent() {
        return contents.get(contents.size() - 1);
    }
}
