package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCrash;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplacementsTest {

    private static final Path ROOT = Path.of("/store");

    private final SimFileSpace space = new SimFileSpace();
    private final StoreLayout layout = new StoreLayout(ROOT);
    private final Replacements replacements = new Replacements(space, layout);

    @BeforeEach
    void create() throws IOException {
        space.createDirectories(ROOT);
        space.syncDirectory(Path.of("/"));
    }

    /** One layer per letter. */
    private static List<LayerId> chain(String letters) {
        return letters.chars().mapToObj(c -> new LayerId(String.format("%064x", c))).toList();
    }

    private void add(String from, String to, String... chains) throws IOException {
        replacements.add(new Replacement(chain(from), chain(to)),
                Stream.of(chains).map(ReplacementsTest::chain).toList());
    }

    private void write(String from, String to) throws IOException {
        Replacement fresh = new Replacement(chain(from), chain(to));
        space.createDirectories(layout.replaced());
        new SmallFiles(space).replace(replacements.file(fresh), fresh.toJson());
    }

    private String resolve(String letters) throws IOException {
        StringBuilder resolved = new StringBuilder();
        for (LayerId layer : replacements.resolve(chain(letters))) {
            resolved.append((char) Integer.parseInt(layer.hex().substring(60), 16));
        }
        return resolved.toString();
    }

    @Test
    void shouldResolveManyChainsAsEachAlone() throws IOException {
        for (long seed = 1; seed <= 20; seed++) {
            Random random = new Random(seed);
            Replacements some = new Replacements(space, new StoreLayout(ROOT.resolve("seed" + seed)));
            space.createDirectories(ROOT.resolve("seed" + seed));
            for (int i = 0; i < 12; i++) {
                try {
                    some.add(new Replacement(letters(random, 1), letters(random, 0)), List.of());
                } catch (StoreException e) {
                    continue; // Replaced before, or a circle.
                }
            }
            assertThat(some.list()).as("seed %d", seed).hasSizeGreaterThan(2);
            Replacements.Resolver resolver = some.forMany();
            for (int i = 0; i < 200; i++) {
                List<LayerId> chain = letters(random, 0);
                assertThat(outcome(resolver::resolve, chain)).as("seed %d, %s", seed, chain)
                        .isEqualTo(outcome(some::resolve, chain));
            }
        }
    }

    /** The chain in its place; a text if it leads in a circle. */
    private static Object outcome(Replacements.Resolver resolver, List<LayerId> chain) throws IOException {
        try {
            return resolver.resolve(chain);
        } catch (CorruptDataException e) {
            return e.getMessage();
        }
    }

    private static List<LayerId> letters(Random random, int least) {
        StringBuilder letters = new StringBuilder();
        for (int left = least + random.nextInt(5); left > 0; left--) {
            letters.append((char) ('a' + random.nextInt(4)));
        }
        return chain(letters.toString());
    }

    @Test
    void shouldResolveOfManyChainsThoseThatDamageDoesNotTouch() throws IOException {
        add("ab", "c");
        add("de", "f");
        Path damaged = replacements.file(new Replacement(chain("de"), chain("f")));
        new SmallFiles(space).replace(damaged, "{}".getBytes(StandardCharsets.US_ASCII));

        Replacements.Resolver resolver = replacements.forMany();

        assertThat(resolver.resolve(chain("abg"))).isEqualTo(chain("cg"));
        assertThatThrownBy(() -> resolver.resolve(chain("de"))).isInstanceOf(CorruptDataException.class);
    }

    @Test
    void shouldWriteTheFileThatTheFormatSays() throws IOException {
        add("ab", "c");

        Path file = layout.replaced().resolve(
                "4332ffc7ef456fd254d5824f23652df13ec546f88887958c02a9c308ca2369c4.json");
        List<Path> files = space.list(layout.replaced());
        assertThat(files).hasSize(1);
        String zeros = "0".repeat(62);
        assertThat(new String(new SmallFiles(space).read(files.get(0), 4096), StandardCharsets.UTF_8)).isEqualTo("""
                {
                  "format" : "varve-replacement",
                  "version" : 1,
                  "from" : [ "%s61", "%s62" ],
                  "to" : [ "%s63" ],
                  "crc32c" : "70ffbf69"
                }
                """.formatted(zeros, zeros, zeros));
        assertThat(files.get(0)).isEqualTo(file);
    }

    @Test
    void shouldLeaveAChainAloneThatNothingReplaces() throws IOException {
        assertThat(resolve("abc")).isEqualTo("abc");
        add("xy", "z");
        assertThat(resolve("abc")).isEqualTo("abc");
        assertThat(resolve("")).isEmpty();
        assertThat(resolve("axy")).as("in the middle").isEqualTo("axy");
    }

    @Test
    void shouldReplaceThePrefixOfEveryChainThatHasIt() throws IOException {
        add("abc", "am");
        assertThat(resolve("abc")).isEqualTo("am");
        assertThat(resolve("abcde")).isEqualTo("amde");
        assertThat(resolve("ab")).isEqualTo("ab");
        add("am", "n");
        assertThat(resolve("abcde")).isEqualTo("nde");
        add("nd", "");
        assertThat(resolve("abcde")).isEqualTo("e");
    }

    /** The older one is the longer one; what it led to may be all that is left. */
    @Test
    void shouldGoTheSameWayAsBeforeAShorterReplacementCame() throws IOException {
        add("abcd", "q");
        add("ab", "m");
        assertThat(resolve("abcd")).isEqualTo("q");
        assertThat(resolve("abcde")).isEqualTo("qe");
        assertThat(resolve("abc")).isEqualTo("mc");
    }

    @Test
    void shouldRefuseToReplaceWhatWasReplacedAlready() throws IOException {
        add("ab", "m");
        assertThatThrownBy(() -> add("ab", "n")).isInstanceOf(StoreException.class)
                .hasMessageContaining("replaced meanwhile");
        assertThatThrownBy(() -> add("abc", "n")).isInstanceOf(StoreException.class);
        assertThat(resolve("abc")).isEqualTo("mc");
    }

    @Test
    void shouldRefuseCircles() throws IOException {
        add("ab", "xd");
        assertThatThrownBy(() -> add("x", "ab")).isInstanceOf(StoreException.class).hasMessageContaining("varve gc");
        assertThatThrownBy(() -> add("c", "cd")).isInstanceOf(StoreException.class);
        add("pr", "pqr");
        assertThatThrownBy(() -> add("pq", "p", "pqr")).isInstanceOf(StoreException.class);
        assertThat(space.list(layout.replaced())).hasSize(2);
        assertThat(resolve("ab")).isEqualTo("xd");
    }

    @Test
    void shouldGoBackToWhatWasReplacedAsAWhole() throws IOException {
        add("ab", "m");
        add("m", "ab", "abc");
        assertThat(resolve("mc")).isEqualTo("abc");
        assertThat(resolve("abc")).isEqualTo("abc");
        assertThat(space.list(layout.replaced())).hasSize(1);
        add("ab", "m");
        assertThat(resolve("abc")).isEqualTo("mc");
        assertThat(space.list(layout.replaced())).hasSize(1);
    }

    /** What "abe" began with is needed no more, and may be gone. */
    @Test
    void shouldNotGoBackWhereAChainWentOnFromThere() throws IOException {
        add("ab", "m");
        add("me", "y");
        assertThat(resolve("abe")).isEqualTo("y");
        assertThatThrownBy(() -> add("m", "ab", "abe")).isInstanceOf(StoreException.class)
                .hasMessageContaining("varve gc");
        assertThat(resolve("abe")).isEqualTo("y");
        assertThat(space.list(layout.replaced())).hasSize(2);
    }

    @Test
    void shouldLeadToWhereOthersLedBefore() throws IOException {
        add("ab", "m");
        add("af", "ab", "afg");
        assertThat(resolve("afg")).isEqualTo("mg");
        add("m", "n");
        assertThat(resolve("afg")).isEqualTo("ng");
    }

    @Test
    void shouldCallACircleDamage() throws IOException {
        write("ab", "xd");
        write("xd", "ab");
        assertThatThrownBy(() -> resolve("abc")).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("circle").hasMessageContaining("/store/replaced/");
        write("g", "gh");
        assertThatThrownBy(() -> resolve("g")).isInstanceOf(CorruptDataException.class);
        write("i", "jk");
        write("j", "il");
        assertThatThrownBy(() -> resolve("i")).isInstanceOf(CorruptDataException.class);
        assertThat(resolve("m")).isEqualTo("m");
    }

    @Test
    void shouldApplyAReplacementAgainAsLongAsLayersAreUsedUp() throws IOException {
        add("ab", "a");
        assertThat(resolve("abbbc")).isEqualTo("ac");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"format\":\"varve-image\",\"version\":1}",
        "{\"format\":\"varve-replacement\",\"version\":1,\"from\":[],\"to\":[]}",
        "{\"format\":\"varve-replacement\",\"version\":1,\"from\":[\"../../etc\"],\"to\":[]}",
        "{\"format\":\"varve-replacement\",\"version\":1,\"from\":[\"%s\"],\"to\":[]}",
        "{\"format\":\"varve-replacement\",\"version\":1,\"from\":[\"%s\"],\"to\":[],\"more\":1}",
        "{\"format\":\"varve-replacement\",\"version\":0,\"from\":[],\"to\":[]}"})
    void shouldNameADamagedFileAndGoOnWithTheRest(String content) throws IOException {
        write("a", "b");
        write("c", "d");
        Path file = replacements.file(new Replacement(chain("a"), chain("b")));
        new SmallFiles(space).replace(file, content.formatted("77".repeat(32)).getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(() -> resolve("a")).isInstanceOfAny(
                CorruptDataException.class, FormatVersionException.class).hasMessageContaining(file.toString());
        assertThat(resolve("c")).isEqualTo("d");
    }

    @Test
    void shouldTellANewerVersionFromDamage() throws IOException {
        write("a", "b");
        Path file = replacements.file(new Replacement(chain("a"), chain("b")));
        new SmallFiles(space).replace(file,
                "{\"format\":\"varve-replacement\",\"version\":2,\"what\":1}".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> resolve("a")).isInstanceOf(FormatVersionException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void shouldRefuseAFileThatIsTooLongBeforeReadingIt() throws IOException {
        write("a", "b");
        Path file = replacements.file(new Replacement(chain("a"), chain("b")));
        new SmallFiles(space).replace(file, new byte[Replacement.MAX_FILE_LENGTH + 1]);
        assertThatThrownBy(() -> resolve("a")).isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("at most");
    }

    @Test
    void shouldPassOverOtherFiles() throws IOException {
        add("a", "b");
        space.open(layout.replaced().resolve("notes.txt"), OpenMode.CREATE_NEW).close();
        assertThat(resolve("a")).isEqualTo("b");
        assertThat(replacements.list()).hasSize(1);
    }

    /** Power cut before each call: the old layers or the new ones. */
    @Test
    void shouldBeInForceOrNotWheneverThePowerGoes() throws IOException {
        add("xy", "z");
        SimFileSpace undisturbed = space.fork();
        new Replacements(undisturbed, layout).add(new Replacement(chain("ab"), chain("m")), List.of());
        List<List<LayerId>> seen = new ArrayList<>();
        for (long at = 0; at < undisturbed.callCount(); at++) {
            SimFileSpace cut = space.fork();
            long crashAt = at;
            cut.hook(call -> {
                if (call.index() == crashAt) {
                    throw new SimCrash("before call " + crashAt);
                }
            });
            assertThatThrownBy(() ->
                    new Replacements(cut, layout).add(new Replacement(chain("ab"), chain("m")), List.of()))
                    .isInstanceOf(SimCrash.class);
            for (int choice = 0; choice < 8; choice++) {
                SimFileSpace after = cut.crash(choice == 0 ? Chooser.LOSE_ALL : choice == 1 ? Chooser.KEEP_ALL
                        : Chooser.random(new Random(100 * at + choice)));
                Replacements recovered = new Replacements(after, layout);
                assertThat(recovered.resolve(chain("abc"))).isIn(chain("abc"), chain("mc"));
                assertThat(recovered.resolve(chain("xy"))).isEqualTo(chain("z"));
                seen.add(recovered.resolve(chain("abc")));
            }
        }
        assertThat(seen).contains(chain("abc"), chain("mc"));
        assertThat(new Replacements(undisturbed.crash(Chooser.LOSE_ALL), layout).resolve(chain("ab")))
                .as("durable at return").isEqualTo(chain("m"));
    }
}
