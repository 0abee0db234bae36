package io.varve.nbd.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What a search begins with: inputs in the repository that together meet every situation which many random ones meet,
 * as scripts and, where they are short, as what the client says. The fuzz targets play them in every build.
 * {@code -Dvarve.seeds=write} chooses them anew; inputs that once failed stay.
 */
class CorpusTest {

    private static final Path RESOURCES = Path.of("src/test/resources/io/varve/nbd/fuzz");
    private static final int CANDIDATES = 10_000;
    /** Inputs that meet no more than the seeds. */
    private static final int USUAL_COUNT = 1_000;
    private static final int MAX_RAW_LENGTH = 600;
    private static final int RAW_COUNT = 24;

    @Test
    void shouldMeetWhatMattersInTransmission() throws IOException {
        TransmissionRun run = new TransmissionRun();
        check(TransmissionFuzzTest.class, run::play, run.reached(), run::asRaw);
    }

    @Test
    void shouldMeetWhatMattersInHandshakes() throws IOException {
        HandshakeRun run = new HandshakeRun();
        check(HandshakeFuzzTest.class, run::play, run.reached(), run::asRaw);
    }

    private static void check(
            Class<?> target, Consumer<byte[]> player, Reached reached, UnaryOperator<byte[]> asRaw) throws IOException {
        Path directory = RESOURCES.resolve(target.getSimpleName() + "Inputs/shouldAnswerAnyClient");
        if ("write".equals(System.getProperty("varve.seeds"))) {
            write(directory, player, reached, asRaw);
        }
        reached.clear();
        RandomInputs.playAll(target.getSimpleName(), 1, USUAL_COUNT, player);
        int usual = reached.count();
        reached.clear();
        for (byte[] seed : read(directory)) {
            player.accept(seed);
        }
        assertThat(reached.count()).as("situations that the seeds meet").isGreaterThanOrEqualTo(usual);
    }

    private static List<byte[]> read(Path directory) throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                seeds.add(Files.readAllBytes(file));
            }
        }
        return seeds;
    }

    /** Always the input that meets most of what is missing, until nothing is. */
    private static void write(Path directory, Consumer<byte[]> player, Reached reached, UnaryOperator<byte[]> asRaw)
            throws IOException {
        RandomInputs inputs = new RandomInputs(2);
        List<BitSet> met = new ArrayList<>();
        BitSet missing = new BitSet();
        for (int i = 0; i < CANDIDATES; i++) {
            reached.clear();
            player.accept(inputs.input(i));
            met.add(reached.situations());
            missing.or(met.get(i));
        }
        clear(directory);
        int rawCount = 0;
        for (int number = 0; !missing.isEmpty(); number++) {
            int best = best(met, missing);
            missing.andNot(met.get(best));
            byte[] input = inputs.input(best);
            write(directory, "script", number, input);
            player.accept(input);
            byte[] raw = asRaw.apply(input);
            if (raw.length <= MAX_RAW_LENGTH && rawCount < RAW_COUNT) {
                write(directory, "raw", rawCount++, raw);
            }
        }
    }

    private static int best(List<BitSet> met, BitSet missing) {
        int best = 0;
        int most = -1;
        for (int i = 0; i < met.size(); i++) {
            BitSet useful = (BitSet) met.get(i).clone();
            useful.and(missing);
            if (useful.cardinality() > most) {
                most = useful.cardinality();
                best = i;
            }
        }
        return best;
    }

    private static void clear(Path directory) throws IOException {
        Files.createDirectories(directory);
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> file.getFileName().toString().matches("(script|raw)-.*")).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    private static void write(Path directory, String kind, int number, byte[] content) throws IOException {
        Files.write(directory.resolve(String.format(Locale.ROOT, "%s-%03d", kind, number)), content);
    }
}
