package io.varve.daemon.serve.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PskKeysTest {

    private static final String KEY = "000102030405060708090a0b0c0d0e0f";

    @TempDir
    Path directory;

    private PskKeys read(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("keys.psk"), text);
        return PskKeys.read(Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------")));
    }

    @Test
    void shouldReadAKeyForEachUser() throws IOException {
        PskKeys keys = read("# of the lab\n\nalice:" + KEY + "\nroom:7:" + KEY.toUpperCase() + "ff\r\nb\u00e4r:" + KEY);

        assertThat(keys.of("alice")).hasSize(16).startsWith(0, 1, 2).isNotSameAs(keys.of("alice"));
        assertThat(keys.of("room:7")).hasSize(17).endsWith(0xff);
        assertThat(keys.has("b\u00e4r")).isTrue();
        assertThat(keys.has("bob")).isFalse();
        assertThat(keys.of("bob")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "'', has no key",
        "# nothing, has no key",
        "alice, 'line 1: is not user:key'",
        ":000102030405060708090a0b0c0d0e0f, 'line 1: is not user:key'",
        "alice:secretsecret, 'line 1: the key is not hexadecimal'",
        "alice:000102, 'line 1: the key has 3 bytes, and 16 is the least'",
        "'a:000102030405060708090a0b0c0d0e0f\na:010102030405060708090a0b0c0d0e0f', "
                + "'line 2: the user ''a'' has a key above'"})
    void shouldSayInOneLineWhatIsWrong(String text, String words) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(IOException.class)
                .hasMessageStartingWith(directory.resolve("keys.psk").toString()).hasMessageContaining(words)
                .message().doesNotContain("\n", "secret");
    }

    @Test
    void shouldRefuseAFileThatOthersCanRead() throws IOException {
        Path file = Files.writeString(directory.resolve("open.psk"), "alice:" + KEY);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> PskKeys.read(file)).hasMessageContaining("chmod 600");
    }
}
