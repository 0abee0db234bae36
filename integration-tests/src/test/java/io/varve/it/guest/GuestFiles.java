package io.varve.it.guest;

import io.varve.it.tool.Repository;
import io.varve.it.tool.Tool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What guests are made of, kept in the cache from one run to the next: a distribution's kernel, initial RAM disks of
 * our own, a Debian root file system.
 *
 * <p>Immutable.
 */
final class GuestFiles {

    private static final Path RECIPES = Repository.ROOT.resolve("integration-tests/src/test/guest");

    private GuestFiles() {}

    /** @param root directory that holds {@code boot} and {@code lib/modules} */
    record Kernel(Path root, String version) {

        Path image() {
            return root.resolve("boot/vmlinuz-" + version);
        }
    }

    static Kernel kernel() {
        String[] words = recipe("kernel", cache()).out().strip().split(" ");
        return new Kernel(Path.of(words[0]), words[1]);
    }

    /** For a guest whose root file system is its first virtio disk. */
    static Path diskInitrd() {
        return initrd("init-disk", "crc32c_generic virtio_pci virtio_blk ext4");
    }

    /** For a guest that is an NBD client, and uses a virtio disk besides. */
    static Path nbdInitrd() {
        return initrd("init-nbd", "crc32c_generic virtio_pci virtio_net virtio_blk ext4 nbd", "nbd-client");
    }

    /** For a guest that serves a store on its own disk to itself. */
    static Path powerInitrd() {
        return initrd("init-power", "crc32c_generic virtio_pci virtio_blk ext4 nbd", "nbd-client");
    }

    /** A file system with a Java runtime, the daemon as built, and the writer of {@link PowerCutWriter}. */
    static Path powerTools() {
        Path image = cache().resolve("power-tools.ext4");
        Path built = Repository.ROOT.resolve("daemon/target");
        Path classes = Path.of(PowerCutWriter.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        recipe("power-tools", image, System.getProperty("java.home"), built.resolve("varve.jar"),
                built.resolve("native/jni/x86_64-Linux"), classes, PowerCutWriter.class.getName());
        return image;
    }

    private static Path initrd(String init, String modules, String... programs) {
        Kernel kernel = kernel();
        Path out = cache().resolve(init + ".cpio.gz");
        recipe("initrd", Stream.concat(
                        Stream.of(out, RECIPES.resolve(init), kernel.root(), kernel.version(), modules),
                        Stream.of(programs))
                .toArray());
        return out;
    }

    /** A raw image of 1 GiB, sparse; made once. Changes to its recipe make it again. */
    static Path debianRoot() {
        try {
            long recipeId = Integer.toUnsignedLong(Files.readString(RECIPES.resolve("debian-root")).hashCode());
            Path image = cache().resolve("debian-" + Long.toHexString(recipeId) + ".ext4");
            if (!Files.exists(image)) {
                recipe("debian-root", image);
            }
            return image;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path cache() {
        try {
            return Files.createDirectories(Repository.cache());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Tool.Outcome recipe(String name, Object... arguments) {
        List<Object> command = Stream.concat(Stream.of(RECIPES.resolve(name)), Stream.of(arguments)).toList();
        return Tool.of(command.toArray()).within(Duration.ofMinutes(15)).run().orFail();
    }
}
