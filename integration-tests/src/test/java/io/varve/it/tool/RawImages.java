package io.varve.it.tool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/**
 * Files to import. Immutable.
 */
public final class RawImages {

    public static final int MIB = 1 << 20;
    private static final int PAGE_SIZE = 4096;

    private RawImages() {}

    /**
     * Runs of data, of written zeros and of holes, in turn; runs start and end at any page.
     *
     * @param size bytes, any
     */
    public static Path mixed(Path file, long size, long seed) {
        Random random = new Random(seed);
        return write(file, channel -> {
            channel.truncate(0);
            channel.write(ByteBuffer.allocate(1), size - 1);
            long offset = 0;
            for (int kind = 0; offset < size; kind = (kind + 1) % 3) {
                int length = (int) Math.min((1 + random.nextInt(64)) * PAGE_SIZE, size - offset);
                if (kind < 2) {
                    byte[] bytes = new byte[length];
                    if (kind == 0) {
                        random.nextBytes(bytes);
                    }
                    channel.write(ByteBuffer.wrap(bytes), offset);
                }
                offset += length;
            }
        });
    }

    /** Overwrites a range with random bytes. */
    public static void scribble(Path file, long offset, int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        write(file, channel -> channel.write(ByteBuffer.wrap(bytes), offset));
    }

    public static byte[] read(Path file, long offset, int length) {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer bytes = ByteBuffer.allocate(length);
            while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) > 0) { }
            return bytes.array();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file system with one file in it. */
    public static Path ext4(Path file, long size, String name, String content) {
        try {
            Path tree = Files.createTempDirectory("varve-tree");
            Files.writeString(tree.resolve(name), content);
            write(file, channel -> channel.write(ByteBuffer.allocate(1), size - 1));
            Tool.run("mke2fs", "-q", "-t", "ext4", "-d", tree, file);
            Files.delete(tree.resolve(name));
            Files.delete(tree);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path write(Path file, Writing writing) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            writing.to(channel);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Writing {
        void to(FileChannel channel) throws IOException;
    }
}
