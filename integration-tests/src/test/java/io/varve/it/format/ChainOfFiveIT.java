package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.format.reference.Rendering;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A base and five differencing children, one small, one with data on both sides of 4 GiB: the same disk, byte for byte,
 * however it is brought to a client. What is right is the reference reader's to say, and what the chain was made of.
 */
class ChainOfFiveIT {

    private static final long BLOCK = 2 * RawImages.MIB;
    private static final long FAR_BLOCK = (4L << 30) / BLOCK;
    /** No block, page or sector of 4 KiB divides them. */
    private static final long SMALL_SIZE = 5 * BLOCK + 5 * 512;
    private static final long FAR_SIZE = (FAR_BLOCK + 2) * BLOCK + 3 * 512;

    @TempDir
    Path directory;

    private Varve varve;

    @BeforeEach
    void makeStore() {
        varve = new Varve(directory.resolve("store"));
    }

    private record Chain(String name, Path top, Path expected) {}

    private Chain chain(ChainMaker maker, String name, long size, long... blocks) throws IOException {
        Path home = Files.createDirectory(directory.resolve(name));
        List<Difference> contents = FiveChildren.of(size, BLOCK, blocks);
        List<ChainFile> files = maker.write(home, contents, new Random(31));
        Path made = directory.resolve(name + "-made.raw");
        for (Difference content : contents) {
            content.applyTo(made);
        }
        Path top = files.get(files.size() - 1).path();
        Path rendered = Rendering.of(top, directory.resolve(name + ".raw"));
        requireSame(made, rendered.toString());
        Files.delete(made);
        return new Chain(name, top, rendered);
    }

    private static void requireSame(Path expected, String actual) {
        assertThat(Tool.run("qemu-img", "compare", "-f", "raw", "-F", "raw", expected, actual).out())
                .as(actual).contains("Images are identical.").doesNotContain("size mismatch");
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeTheSameDiskImportedInPlaceMergedAndFlattened(ChainMaker maker) throws IOException {
        List<Chain> chains = List.of(
                chain(maker, "small", SMALL_SIZE, 0, 1, 2, 3, 4, 5),
                chain(maker, "far", FAR_SIZE, 0, FAR_BLOCK - 1, FAR_BLOCK, FAR_BLOCK + 1, FAR_BLOCK + 2));
        for (Chain chain : chains) {
            assertThat(varve.run("import", chain.top, "imported:" + chain.name).out()).contains("6 layers");
        }
        try (Daemon daemon = varve.serve("--overlay", "none", "imported:small", "imported:far",
                "--image-file", "place:small=" + chains.get(0).top, "--image-file", "place:far=" + chains.get(1).top)) {
            for (Chain chain : chains) {
                requireSame(chain.expected, daemon.uri("imported:" + chain.name));
                requireSame(chain.expected, daemon.uri("place:" + chain.name));
            }
        }
        for (Chain chain : chains) {
            varve.run("flatten", "imported:" + chain.name, "flat:" + chain.name);
            assertThat(varve.run("merge", "imported:" + chain.name, "--down", 5).out()).contains("6 layers became 2");
        }
        try (Daemon daemon = varve.serve("--overlay", "none")) {
            for (Chain chain : chains) {
                requireSame(chain.expected, daemon.uri("flat:" + chain.name));
                requireSame(chain.expected, daemon.uri("imported:" + chain.name));
            }
        }
    }
}
