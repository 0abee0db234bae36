package io.varve.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.access.ExportAccess.Clients;
import io.varve.daemon.config.ListenerSettings.Tls;
import io.varve.daemon.serve.Limits;
import io.varve.daemon.store.OverlayMode;
import io.varve.daemon.store.UpkeepPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlTable;

class ConfigFileTest {

    static final Path EXAMPLE = Path.of("etc/varve.toml");
    static final UserTable USERS = new UserTable(Map.of("root", 0L, "alice", 1001L));

    private static Config parse(String text) throws ConfigException {
        return ConfigFile.parse(text.getBytes(StandardCharsets.UTF_8), "f.toml", Path.of("/etc/varve"), USERS);
    }

    private static List<String> mistakes(String text) {
        return catchThrowableOfType(ConfigException.class, () -> parse(text)).mistakes();
    }

    @Test
    void shouldReadTheExample() throws IOException {
        Config config = parse(Files.readString(EXAMPLE));

        assertThat(config.store()).contains(Path.of("/var/lib/varve"));
        assertThat(config.agentCount()).isEqualTo(4);
        assertThat(config.memoryLength()).isEqualTo(2L << 30);
        assertThat(config.listeners()).hasSize(3);
        assertThat(config.listeners().get(0).mode()).hasValue(0660);
        ListenerSettings tcp = config.listeners().get(1);
        assertThat(tcp.tls()).isEqualTo(Tls.REQUIRE);
        assertThat(tcp.secrets().certificates()).contains(Path.of("/etc/varve/tls"));
        assertThat(config.exports()).extracting(ExportSettings::mode)
                .containsExactly(OverlayMode.PERSISTENT, OverlayMode.NONE, OverlayMode.EPHEMERAL,
                        OverlayMode.PERSISTENT);
        assertThat(config.exports().get(0).quotaLength()).isEqualTo(20L << 30);
        assertThat(config.exports().get(0).access().clients()).isEqualTo(Clients.FROM_CERTIFICATE);
        assertThat(config.exports().get(2).access().clients()).isEqualTo(Clients.FROM_KEY);
        assertThat(config.exports().get(3).access().rules()).hasSize(2);
        assertThat(config.limits()).isEqualTo(Limits.DEFAULT);
        assertThat(config.upkeep()).isEqualTo(UpkeepPolicy.DEFAULT);
    }

    @Test
    void shouldShowEveryKeyInTheExample() throws IOException {
        TomlTable example = Toml.parse(EXAMPLE);
        assertThat(example.keySet()).containsExactlyInAnyOrderElementsOf(Keys.TOP.names());
        assertThat(example.getTable("limits").keySet()).containsExactlyInAnyOrderElementsOf(Keys.LIMITS.names());
        assertThat(example.getTable("upkeep").keySet()).containsExactlyInAnyOrderElementsOf(Keys.UPKEEP.names());
        assertThat(keys(example.getArray("listener"))).containsAll(Keys.LISTENER.names());
        assertThat(keys(example.getArray("export"))).containsAll(Keys.EXPORT.names());
        TomlArray exports = example.getArray("export");
        assertThat(Stream.of(0, 2, 3).flatMap(i -> keys(exports.getTable(i).getArray("rule")).stream()))
                .containsAll(Keys.RULE.names());
    }

    private static List<String> keys(TomlArray tables) {
        return tables.toList().stream().flatMap(table -> ((TomlTable) table).keySet().stream()).toList();
    }

    @Test
    void shouldLeaveEverythingOut() throws IOException {
        Config config = parse("# nothing\n");

        assertThat(config.store()).isEmpty();
        assertThat(config.listeners()).isEmpty();
        assertThat(config.exports()).isEmpty();
        assertThat(config.limits()).isEqualTo(Limits.DEFAULT);
        assertThat(config.upkeep()).isEqualTo(UpkeepPolicy.DEFAULT);
    }

    @Test
    void shouldListAllMistakesInTheOrderOfTheirLines() {
        assertThat(mistakes("""
                agent = 4
                store = 17
                [upkeep]
                max-layers = -1
                copy-rate = "fast"
                [[listener]]
                uri = "udp://x"
                mode = "0888"
                [[export]]
                image = "a b"
                overlay = "sometimes"
                [[export.rule]]
                users = ["alice", "nobody-here", true]
                addresses = ["10.0.0.1/8", "host.example"]
                """)).containsExactly(
                "f.toml:1:1: agent: is no key here, did you mean agents?",
                "f.toml:2:1: store: is a number, write a path, as in \"/srv/varve\"",
                "f.toml:4:1: upkeep.max-layers: -1 is out of range, 0 to 65536 are allowed",
                "f.toml:5:1: upkeep.copy-rate: 'fast' is no size: write bytes, or a number with K, M, G or T",
                "f.toml:7:1: listener[1].uri: cannot listen on udp://x: use unix:///path or tcp://host:port, "
                        + "port 0 to 65535",
                "f.toml:8:1: listener[1].mode: '0888' are no permissions, write octal digits, as in \"0660\"",
                "f.toml:10:1: export[1].image: 'a b': a image name is made of letters, digits and '._-/', each part "
                        + "starting with a letter or a digit",
                "f.toml:11:1: export[1].overlay: 'sometimes' is none of persistent, ephemeral, reset-on-boot, memory, "
                        + "none",
                "f.toml:13:19: export[1].rule[1].users[2]: 'nobody-here' is no user of this machine, write a name of "
                        + "/etc/passwd or the number of the user",
                "f.toml:13:34: export[1].rule[1].users[3]: is true or false, write users, by name or number",
                "f.toml:14:14: export[1].rule[1].addresses[1]: '10.0.0.1/8' has bits behind its prefix: write the "
                        + "first address of the network",
                "f.toml:14:28: export[1].rule[1].addresses[2]: 'host.example' is no address: write one as 10.0.0.7 or "
                        + "fd00::7, or a network as 10.0.0.0/8 or fd00::/8");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            agents = 65                             | 1:1: agents: 65 is out of range, 1 to 64 are allowed
            agents = "4"                            | 1:1: agents: is a text, write a number from 1 to 64
            memory = 1                              | 1:1: memory: 1 bytes are too few, 1048576 or more are allowed
            memory = 1.5                            | 1:1: memory: is a fraction, write a size, as in "20G" or 4096
            limits = 3                              | 1:1: limits: is a number, write [limits]
            listener = "x"                          | 1:1: listener: is a text, write [[listener]]
            export = [1]                            | 1:11: export[1]: is a number, write a table
            store = ""                              | 1:1: store: is empty, write a path
            limits.handshake-deadline = "0s"        | 1:1: limits.handshake-deadline: 0s is out of range, 1s to \
            31536000s are allowed
            limits.idle-deadline = "soon"           | 1:1: limits.idle-deadline: 'soon' is no time: write a number \
            with s, m, h or d, or 0
            [[listener]]                            | 1:1: listener[1].uri: is missing, write "unix:///path" or \
            "tcp://host:port"
            [[export]]                              | 1:1: export[1].image: is missing, write the name of an image, \
            or a pattern, as in "win:*"
            """)
    void shouldSayWhatIsAllowed(String text, String mistake) {
        assertThat(mistakes(text)).containsExactly("f.toml:" + mistake);
    }

    @Test
    void shouldRefuseWhatDoesNotBelongTogether() {
        assertThat(mistakes("""
                listener = [
                  { uri = "tcp://h:1", mode = "0600" },
                  { uri = "tcp://h:1", verify-peer = true },
                  { uri = "tcp://h:2", tls = "require" },
                ]
                export = [
                  { image = "a", read-only = true, overlay = "memory" },
                  { image = "a:latest", rule = [ { users = [] } ] },
                  { image = "b", client-from-certificate = true, client-from-psk = true },
                  { image = "c", rule = [ { psk = [""], certificates = [7] } ] },
                ]
                """)).containsExactly(
                "f.toml:2:24: listener[1].mode: is for unix sockets, leave it out here",
                "f.toml:3:5: listener[2].uri: tcp://h:1 is listened on twice, once is allowed",
                "f.toml:3:24: listener[2].verify-peer: is for TLS, write tls = \"on\" or tls = \"require\" beside it",
                "f.toml:3:24: listener[2].verify-peer: is for certificates, write certificates = \"DIRECTORY\" "
                        + "beside it",
                "f.toml:4:24: listener[3].tls: needs keys, write certificates = \"DIRECTORY\" or psk = \"FILE\" "
                        + "beside it",
                "f.toml:7:36: export[1].overlay: 'memory' is for writes, leave it or read-only out",
                "f.toml:8:5: export[2].image: 'a' stands in an export above, once is allowed",
                "f.toml:8:36: export[2].rule[1].users: is empty, leave it out or name users, by name or number",
                "f.toml:9:50: export[3].client-from-psk: is for an export without client-from-certificate: the user "
                        + "of a key could have the name, and the overlay, of a certificate",
                "f.toml:10:36: export[4].rule[1].psk[1]: is empty, write a name, or a pattern as in \"seat-*\"",
                "f.toml:10:57: export[4].rule[1].certificates[1]: is a number, write a text");
    }

    @Test
    void shouldReportLinesThatAreNoTomlBesideOtherMistakes() {
        assertThat(mistakes("""
                agents = 4
                agents = 5
                [[listener]]
                uri : "tcp://h"
                [upkeep]
                max-layers = 1000000
                """)).containsExactly(
                "f.toml:2:1: agents previously defined at line 1, column 1",
                "f.toml:4:5: Unexpected ':', expected . or =",
                "f.toml:6:1: upkeep.max-layers: 1000000 is out of range, 0 to 65536 are allowed");
    }

    @Test
    void shouldBoundWhatItReads() {
        assertThat(mistakes("#".repeat(ConfigFile.MAX_LENGTH + 1))).singleElement().asString().contains("too long");
        assertThat(mistakes("a = \"" + "x".repeat(5000) + "\"")).singleElement().asString()
                .isEqualTo("f.toml:1:4097: the line is too long, 4096 characters are allowed");
        assertThat(mistakes("a = " + "[".repeat(65))).singleElement().asString()
                .isEqualTo("f.toml:1:69: nested too deep, 64 levels are allowed");
        assertThat(mistakes("b = 1 # [[[\n".repeat(500))).hasSize(101).last().asString().contains("400 more mistakes");
        assertThat(catchThrowableOfType(ConfigException.class,
                () -> ConfigFile.parse(new byte[] {(byte) 0xff}, "f.toml", Path.of("/"), USERS)))
                .hasMessage("f.toml: not UTF-8, save it as UTF-8 text");
    }

    @Test
    void shouldResolvePathsFromTheDirectoryOfTheFile(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("varve.toml"), "store = \"data\"\n");

        assertThat(ConfigFile.read(file).store()).contains(directory.resolve("data"));
    }

    @Test
    void shouldKnowUsersByNameAndNumber() {
        UserTable users = UserTable.parse(List.of("root:x:0:0:root:/:/bin/sh", "broken", "bob:x:1007:1007::/:"));

        assertThat(users.userId("bob")).isEqualTo(1007);
        assertThat(users.userId(4_294_967_294L)).isEqualTo(4_294_967_294L);
        assertThat(catchThrowableOfType(IllegalArgumentException.class, () -> users.userId(-1L)))
                .hasMessageContaining("is no user");
    }
}
