package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Every bit and every length of each small file of a store: a typed error that names the file and a place in it. */
class StoreDamageSweepTest {

    private static final Path FILE = Path.of("/store/file.json");
    private static final ImageName WIN = ImageName.parse("lab/win:v1");
    private static final long SEED = 20260103;

    /** Reads a file of one kind. */
    @FunctionalInterface
    private interface Reader {
        void read(byte[] content) throws IOException;
    }

    private record Kind(byte[] good, Reader reader) {}

    private static Map<String, Kind> kinds() throws IOException {
        List<LayerId> chain = List.of(new LayerId("0123456789abcdef".repeat(4)), new LayerId("ab".repeat(32)));
        ImageManifest image = new ImageManifest(20_992, chain, Instant.EPOCH, "win.raw", "lab/win:v0");
        Replacement replacement = new Replacement(chain, chain.subList(1, 2));
        Path name = Path.of("/store/replaced").resolve(replacement.fileName());
        Map<String, Kind> kinds = new TreeMap<>();
        kinds.put("image", new Kind(image.toJson(WIN), content -> ImageManifest.parse(FILE.toString(), WIN, content)));
        kinds.put("replacement", new Kind(replacement.toJson(), content -> Replacement.parse(name, content)));
        kinds.put("identity", new Kind(new StoreIdentity(new UUID(7, 9)).toJson(),
                content -> StoreIdentity.parse(FILE.toString(), content)));
        return kinds;
    }

    private static void assertRefused(Kind kind, byte[] bad, String what) {
        assertThatThrownBy(() -> kind.reader().read(bad)).as(what)
                .isInstanceOfSatisfying(CorruptDataException.class, e -> {
                    assertThat(e.fileName()).as(what).startsWith("/store/");
                    assertThat(e.position()).as(what).isBetween(0L, (long) bad.length);
                    assertThat(e.getMessage()).as(what).doesNotContain("\n").hasSizeLessThan(600);
                });
    }

    @Test
    void shouldNoticeEveryFlippedBit() throws IOException {
        for (Map.Entry<String, Kind> entry : kinds().entrySet()) {
            Kind kind = entry.getValue();
            kind.reader().read(kind.good());
            for (int bit = 0; bit < kind.good().length * 8; bit++) {
                byte[] bad = kind.good().clone();
                bad[bit / 8] ^= (byte) (1 << bit % 8);
                assertRefused(kind, bad, entry.getKey() + ", bit " + bit);
            }
        }
    }

    @Test
    void shouldNoticeEveryOtherLength() throws IOException {
        for (Map.Entry<String, Kind> entry : kinds().entrySet()) {
            Kind kind = entry.getValue();
            for (int length = 0; length < kind.good().length; length++) {
                assertRefused(kind, Arrays.copyOf(kind.good(), length), entry.getKey() + ", length " + length);
            }
            for (byte more : new byte[] {0, ' ', '\n', '{', 'x'}) {
                byte[] longer = Arrays.copyOf(kind.good(), kind.good().length + 1);
                longer[kind.good().length] = more;
                assertRefused(kind, longer, entry.getKey() + " and a byte " + more);
            }
        }
    }

    @Test
    void shouldRefuseEachOtherKind() throws IOException {
        Map<String, Kind> kinds = kinds();
        kinds.forEach((name, kind) -> kinds.forEach((otherName, other) -> {
            if (!name.equals(otherName)) {
                assertRefused(kind, other.good(), otherName + " as " + name);
            }
        }));
    }

    /** Bytes that an attacker would choose: structure characters, digits, whole pieces doubled, moved or cut out. */
    @Test
    void shouldAnswerAnythingWithATypedError() throws IOException {
        Random random = new Random(SEED);
        int refused = 0;
        for (Kind kind : kinds().values()) {
            for (int round = 0; round < 6_000; round++) {
                byte[] bad = mutated(kind.good(), random);
                try {
                    kind.reader().read(bad);
                } catch (IOException e) {
                    assertThat(e.getMessage()).as("seed %d, round %d", SEED, round).contains("/store/")
                            .doesNotContain("\n");
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(15_000);
    }

    private static byte[] mutated(byte[] good, Random random) {
        List<Byte> bytes = new ArrayList<>();
        for (byte one : good) {
            bytes.add(one);
        }
        String alphabet = "{}[]\",:\\0123456789eE.-+ntf\u0000\u007f ";
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
            int from = random.nextInt(bytes.size());
            int length = Math.min(random.nextInt(12), bytes.size() - from);
            switch (random.nextInt(4)) {
                case 0 -> bytes.set(from, (byte) alphabet.charAt(random.nextInt(alphabet.length())));
                case 1 -> bytes.add(from, (byte) alphabet.charAt(random.nextInt(alphabet.length())));
                case 2 -> bytes.addAll(random.nextInt(bytes.size()), List.copyOf(bytes.subList(from, from + length)));
                default -> bytes.subList(from, Math.min(from + length, bytes.size() - 1)).clear();
            }
        }
        byte[] result = new byte[bytes.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = bytes.get(i);
        }
        return result;
    }
}
