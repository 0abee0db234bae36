package io.varve.daemon.serve.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PemTest {

    private static final String CERTIFICATE = """
            -----BEGIN CERTIFICATE-----
            MIIBnjCCAUWgAwIBAgIUWQlFofWTJ/ntR9M7DLr/PSQNOFgwCgYIKoZIzj0EAwIw
            JDEQMA4GA1UECgwHRXhhbXBsZTEQMA4GA1UEAwwHZml4dHVyZTAgFw0yNjExMjEx
            ODU4NDZaGA8yMTI2MTAyODE4NTg0NlowJDEQMA4GA1UECgwHRXhhbXBsZTEQMA4G
            A1UEAwwHZml4dHVyZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCHkoiZC53Bk
            7hOwrH0A79wISRs4x54Z2kIk+RhVl/MAmviAjHyIBHC6OFrr8j4Cp8MHvWQGXcgQ
            d3ZcGKQ6EtmjUzBRMB0GA1UdDgQWBBQY0BNuq+y6A4a4xOGvsc2ZCkJlfDAfBgNV
            HSMEGDAWgBQY0BNuq+y6A4a4xOGvsc2ZCkJlfDAPBgNVHRMBAf8EBTADAQH/MAoG
            CCqGSM49BAMCA0cAMEQCICaq8smsIloYjOsY08HNk7MtYc1fmnkqlDR8GqvonaiL
            AiB1eLm3r4IHVIU3r6z9ASyT55i2Pix7pjVCqkL6FtbICA==
            -----END CERTIFICATE-----
            """;

    @TempDir
    Path directory;

    private Path file(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("a.pem"), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static String block(String label, byte[] content) {
        return "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder().encodeToString(content)
                + "\n-----END " + label + "-----\n";
    }

    private static KeyPair keys(String algorithm) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (!algorithm.equals("Ed25519")) {
            generator.initialize(algorithm.equals("EC") ? 256 : 2048);
        }
        return generator.generateKeyPair();
    }

    /** What stands in the OCTET STRING at the end of PKCS #8: the older format. */
    private static byte[] older(byte[] pkcs8, int headerLength) {
        return Arrays.copyOfRange(pkcs8, headerLength, pkcs8.length);
    }

    @Test
    void shouldReadCertificatesAmongComments() throws IOException {
        assertThat(Pem.certificates(file("Bag Attributes\n - text -\n" + CERTIFICATE + "\n" + CERTIFICATE)))
                .hasSize(2).allMatch(one -> one.getSubjectX500Principal().getName().equals("CN=fixture,O=Example"));
        assertThat(Pem.certificates(file(CERTIFICATE.replace("\n", "\r\n")))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519"})
    void shouldReadKeysOfEveryKind(String algorithm) throws Exception {
        KeyPair keys = keys(algorithm);
        Path file = file("Public Key Info:\n\tsome words\n\n" + block("PRIVATE KEY", keys.getPrivate().getEncoded()));
        assertThat(Pem.privateKey(file, keys.getPublic())).isEqualTo(keys.getPrivate());
    }

    /** Behind the header of PKCS #8, which has a fixed length for these keys. */
    @ParameterizedTest
    @CsvSource({"RSA,RSA PRIVATE KEY,26", "EC,EC PRIVATE KEY,28"})
    void shouldReadTheOlderFormats(String algorithm, String label, int headerLength) throws Exception {
        KeyPair keys = keys(algorithm);
        byte[] older = older(keys.getPrivate().getEncoded(), headerLength);
        Path file = file("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
                + block(label, older));
        assertThat(Pem.privateKey(file, keys.getPublic()).getEncoded()).endsWith(older);
    }

    @Test
    void shouldRefuseKeysOfAnotherKind() throws Exception {
        Path file = file(block("PRIVATE KEY", keys("EC").getPrivate().getEncoded()));
        assertThatThrownBy(() -> Pem.privateKey(file, keys("RSA").getPublic()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not a private key of the certificate's kind, RSA");
    }

    @Test
    void shouldRefuseKeysWithPassphrase() throws Exception {
        Path pkcs8 = file(block("ENCRYPTED PRIVATE KEY", new byte[100]));
        assertThatThrownBy(() -> Pem.privateKey(pkcs8, keys("EC").getPublic())).hasMessageContaining("is encrypted");
        Path older = file("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,1BCB\n\n"
                + "AAAA\n-----END RSA PRIVATE KEY-----\n");
        assertThatThrownBy(() -> Pem.privateKey(older, keys("RSA").getPublic())).hasMessageContaining("is encrypted");
    }

    @Test
    void shouldSayInOneLineWhatIsWrong() throws IOException {
        refused("", "has no certificate: it must begin with -----BEGIN CERTIFICATE-----");
        refused(CERTIFICATE.substring(0, 300), "is cut off: -----BEGIN CERTIFICATE----- has no end");
        refused(CERTIFICATE.replace("-----END CERTIFICATE-----", "-----END X-----"), "has no end");
        refused(CERTIFICATE.replaceFirst("M", "A"), "has a certificate that cannot be read");
        refused(CERTIFICATE.replaceAll("[a-z]", "!"), "is damaged: a block is not base64");
        refused("-----BEGIN CERTIFICATE-----\n=A\n-----END CERTIFICATE-----\n", "is damaged: a block is not base64");
        refused("-----BEGIN \u001b[31m" + "x".repeat(500) + "-----\n", "is cut off: -----BEGIN ?[31mxxx");
        refused("x".repeat(1 << 20) + "x", "has more than 1048576 bytes");
    }

    private void refused(String text, String words) throws IOException {
        Path file = file(text);
        assertThatThrownBy(() -> Pem.certificates(file)).isInstanceOf(IOException.class)
                .hasMessageStartingWith(file + " ").hasMessageContaining(words).message()
                .hasSizeLessThan(300).doesNotContain("\n", "\u001b");
    }

    @Test
    void shouldReadRegularFilesAlone() {
        assertThatThrownBy(() -> Pem.certificates(Path.of("/dev/zero"))).hasMessageContaining("is no regular file");
        assertThatThrownBy(() -> Pem.certificates(directory)).hasMessageContaining("is no regular file");
        assertThatThrownBy(() -> Pem.certificates(directory.resolve("none"))).hasMessageContaining("does not exist");
    }

    @Test
    void shouldRefuseKeysThatOthersCanUse() throws Exception {
        Path file = file(block("PRIVATE KEY", keys("EC").getPrivate().getEncoded()));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> Pem.privateKey(file, keys("EC").getPublic()))
                .hasMessageEndingWith("so others can use the key: chmod 600 " + file);
    }

    @Test
    void shouldAnswerAnyDamageWithALine() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        KeyPair keys = keys("EC");
        String key = block("EC PRIVATE KEY", older(keys.getPrivate().getEncoded(), 28));
        for (int i = 0; i < 500; i++) {
            String text = i % 2 == 0 ? CERTIFICATE : key;
            StringBuilder damaged = new StringBuilder(text);
            for (int j = random.nextInt(4); j >= 0; j--) {
                damaged.setCharAt(random.nextInt(text.length()), (char) (random.nextInt(95) + 32));
            }
            Path file = file(damaged.substring(0, text.length() - (random.nextInt(3) == 0 ? random.nextInt(99) : 0)));
            Throwable thrown = catchThrowable(() -> {
                Pem.certificates(file);
            });
            Throwable other = catchThrowable(() -> Pem.privateKey(file, keys.getPublic()));
            for (Throwable one : new Throwable[] {thrown, other}) {
                if (one != null) {
                    assertThat(one).as("seed %d, round %d", seed, i).isInstanceOf(IOException.class);
                    assertThat(one.getMessage()).as("seed %d, round %d", seed, i).doesNotContain("\n");
                }
            }
        }
    }
}
