package io.varve.it.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.it.format.reference.Rendering;
import io.varve.it.tool.Daemon;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Tool;
import io.varve.it.tool.Varve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Chains of any depth, each file by another writer: what they were made of, the reference reader, and the product have
 * to agree about every byte.
 */
class RandomChainIT {

    private static final int CHAIN_COUNT = 24;
    private static final int IMPORTED_COUNT = 4;
    private static final int MAX_DEPTH = 6;

    @TempDir
    Path directory;

    private record Chain(Path top, Path made) {}

    @Test
    void shouldAgreeAboutRandomChains() throws IOException {
        Random seeds = new Random(System.nanoTime());
        for (int i = 0; i < CHAIN_COUNT; i++) {
            // The first ones are the same in each run.
            long seed = i < CHAIN_COUNT / 2 ? i : seeds.nextLong();
            try {
                Chain chain = chain("random" + i, seed);
                requireAgreement(chain);
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    @Test
    void shouldImportRandomChains() throws IOException {
        Varve varve = new Varve(directory.resolve("store"));
        Map<Long, Chain> chains = new LinkedHashMap<>();
        for (int i = 0; i < IMPORTED_COUNT; i++) {
            long seed = System.nanoTime();
            Chain chain = chain("imported" + i, seed);
            varve.run("import", chain.top, "seed:s" + seed);
            chains.put(seed, chain);
        }
        try (Daemon daemon = varve.serve("--overlay", "none")) {
            chains.forEach((seed, chain) -> assertThat(Tool.run("qemu-img", "compare", "-f", "raw", "-F", "raw",
                    chain.made, daemon.uri("seed:s" + seed)).out()).contains("identical").doesNotContain("size"));
        }
    }

    private Chain chain(String name, long seed) throws IOException {
        Random random = new Random(seed);
        Path home = Files.createDirectory(directory.resolve(name));
        boolean isVhd = random.nextInt(5) < 2;
        ChainMaker[] makers = isVhd
                ? new ChainMaker[] {ChainMaker.VHD, ChainMaker.HAND_MADE_VHD}
                : new ChainMaker[] {ChainMaker.VHDX, ChainMaker.HAND_MADE_VHDX};
        int sector = isVhd || random.nextBoolean() ? 512 : 4096;
        int depth = 1 + random.nextInt(MAX_DEPTH);
        long size = (1 + random.nextInt(5 * RawImages.MIB / sector)) * (long) sector;
        List<ChainFile> files = new ArrayList<>();
        Path made = home.resolve("made.raw");
        for (int i = 0; i < depth; i++) {
            Difference content = difference(size, sector, random);
            files.add(makers[random.nextInt(2)].add(home, files, content, random));
            content.applyTo(made);
        }
        return new Chain(files.get(depth - 1).path(), made);
    }

    private static Difference difference(long size, int sector, Random random) {
        Difference content = new Difference(size, sector);
        int count = random.nextInt(30);
        for (int i = 0; i < count; i++) {
            long sectors = size / sector;
            long length = Math.min(sectors, 1 + random.nextInt(random.nextInt(4) == 0 ? 6000 : 20));
            long start = (long) (random.nextDouble() * (sectors - length + 1));
            if (random.nextInt(3) == 0) {
                content.zeros(start * sector, length * sector);
            } else {
                content.data(start * sector, length * sector, random.nextLong());
            }
        }
        return content;
    }

    private void requireAgreement(Chain chain) throws IOException {
        Path rendered = Rendering.of(chain.top, directory.resolve("rendered.raw"));
        assertThat(Files.mismatch(chain.made, rendered)).as("reference reader").isEqualTo(-1);
        ImageFormat format = chain.top.toString().endsWith("x") ? ImageFormat.VHDX : ImageFormat.VHD;
        ImageOpener opener = new ImageOpener(new NativeFileSpace(), ImageReader::ofAll, List.of());
        try (var opened = opener.open(chain.top, Optional.of(format)).chain()) {
            RawComparison.assertSame(opened.images(), rendered);
        }
    }
}
