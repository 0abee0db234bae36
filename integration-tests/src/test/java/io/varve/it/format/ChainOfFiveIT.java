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
import java.util.ArrayList;
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

    /** @param files base first */
    private record Chain(String name, List<ChainFile> files, Path expected) {

        Path top() {
            return files.get(files.size() - 1).path();
        }
    }

    private Chain small(ChainMaker maker) throws IOException {
        return chain(maker, "small", SMALL_SIZE, 0, 1, 2, 3, 4, 5);
    }

    private Chain far(ChainMaker maker) throws IOException {
        return chain(maker, "far", FAR_SIZE, 0, FAR_BLOCK - 1, FAR_BLOCK, FAR_BLOCK + 1, FAR_BLOCK + 2);
    }

    private Chain chain(ChainMaker maker, String name, long size, long... blocks) throws IOException {
        Path home = Files.createDirectory(directory.resolve(name));
        List<Difference> contents = FiveChildren.of(size, BLOCK, blocks);
        List<ChainFile> files = maker.write(home, contents, new Random(31));
        Path made = directory.resolve(name + "-made.raw");
        for (Difference content : contents) {
            content.applyTo(made);
        }
        Chain chain = new Chain(name, files, made);
        requireRendered(made, chain.top());
        return chain;
    }

    /** By the reference reader. */
    private void requireRendered(Path expected, Path image) {
        requireSame(expected, Rendering.of(image, directory.resolve("rendered.raw")).toString());
    }

    private static void requireSame(Path expected, String actual) {
        requireSame(expected, "raw", actual);
    }

    private static void requireSame(Path expected, String format, Object actual) {
        assertThat(Tool.run("qemu-img", "compare", "-f", "raw", "-F", format, expected, actual).out())
                .as(actual.toString()).contains("Images are identical.").doesNotContain("size mismatch");
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeTheSameDiskImportedInPlaceMergedAndFlattened(ChainMaker maker) throws IOException {
        // Files of other makers differ in nothing that the distance matters to.
        List<Chain> chains = maker == ChainMaker.VHD || maker == ChainMaker.VHDX
                ? List.of(small(maker), far(maker)) : List.of(small(maker));
        List<String> serve = new ArrayList<>(List.of("--overlay", "none"));
        for (Chain chain : chains) {
            String name = chain.name;
            assertThat(varve.run("import", chain.top(), "imported:" + name).out()).contains("6 layers");
            serve.addAll(List.of("imported:" + name, "--image-file", "place:" + name + "=" + chain.top()));
        }
        try (Daemon daemon = varve.serve(serve.toArray(String[]::new))) {
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

    @ParameterizedTest
    @EnumSource(names = {"VHD", "VHDX"})
    void shouldBeTheSameDiskExported(ChainMaker maker) throws IOException {
        for (Chain chain : List.of(small(maker), far(maker))) {
            String image = "imported:" + chain.name;
            varve.run("import", chain.top(), image);
            requireSame(chain.expected, "raw", exported(image, chain.name + ".img"));
            requireSame(chain.expected, "qcow2", exported(image, chain.name + ".qcow2"));
            requireSame(chain.expected, "vpc", exported(image, chain.name + ".vhd"));
            requireSame(chain.expected, "vhdx", exported(image, chain.name + ".vhdx"));
            // On top of the last child but one, as the last one is.
            Path parent = chain.files.get(chain.files.size() - 2).path();
            Path child = parent.resolveSibling("exported" + maker.suffix());
            varve.run("export", image, child, "--parent", parent);
            requireRendered(chain.expected, child);
        }
    }

    private Path exported(String image, String name) {
        Path file = directory.resolve(name);
        varve.run("export", image, file);
        return file;
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeTheSameDiskMergedIntoItsParentsFileByFile(ChainMaker maker) throws IOException {
        Chain chain = small(maker);
        for (int i = chain.files.size() - 1; i > 0; i--) {
            Path child = chain.files.get(i).path();
            Path parent = chain.files.get(i - 1).path();
            varve.run("merge-file", child, "--into", parent, "--copy");
            Files.delete(child);
            requireRendered(chain.expected, parent);
        }
        // In a dynamic VHD, QEMU also shows what no bit calls data; here that is not zero.
        if (maker != ChainMaker.HAND_MADE_VHD) {
            requireSame(chain.expected, maker.suffix().equals(".vhd") ? "vpc" : "vhdx", chain.files.get(0).path());
        }
    }
}
