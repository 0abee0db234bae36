package io.varve.perf.macro;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Chains of qcow2 files over the raw file, each of which holds some pieces of the disk, at random places: what all
 * servers with layers get. Made once, with the first that asks.
 *
 * <p>Immutable.
 */
final class QcowChain {
    /** The share of the disk that a file holds. */
    private static final int SHARE = 64;
    private static final int PIECE_LENGTH = 64 << 10;
    private static final long SEED = 0xc4a1;
    private static final int PIECES_PER_COMMAND = 256;
    private static final long LIMIT_SECONDS = 300;

    private final Workbench bench;

    QcowChain(Workbench bench) {
        this.bench = bench;
    }

    /** @param layers of which the raw file is the first. @return the file on top; the raw file for one layer */
    Path top(int layers) throws IOException, InterruptedException {
        Path top = bench.rawFile();
        for (int i = 1; i < layers; i++) {
            Path next = bench.path("chain%02d.qcow2".formatted(i));
            if (!Files.exists(next)) {
                create(next, top, i);
            }
            top = next;
        }
        return top;
    }

    /** An empty file on top of another one. */
    static void create(Workbench bench, Path file, Path backing) throws IOException, InterruptedException {
        String format = backing.equals(bench.rawFile()) ? "raw" : "qcow2";
        bench.commands().run(List.of("qemu-img", "create", "-q", "-f", "qcow2", "-F", format, "-b",
                backing.toString(), file.toString()), LIMIT_SECONDS);
    }

    private void create(Path file, Path backing, int number) throws IOException, InterruptedException {
        create(bench, file, backing);
        SplittableRandom random = new SplittableRandom(SEED + number);
        long pieces = bench.size() / PIECE_LENGTH;
        List<String> writes = new ArrayList<>();
        for (long i = 0; i < pieces / SHARE; i++) {
            writes.add("-c");
            writes.add("write -q -P " + (1 + random.nextInt(255)) + " " + random.nextLong(pieces) * PIECE_LENGTH + " "
                    + PIECE_LENGTH);
            if (writes.size() == 2 * PIECES_PER_COMMAND || i == pieces / SHARE - 1) {
                List<String> command = new ArrayList<>(List.of("qemu-io", "-f", "qcow2"));
                command.addAll(writes);
                command.add(file.toString());
                bench.commands().run(command, LIMIT_SECONDS);
                writes.clear();
            }
        }
    }
}
