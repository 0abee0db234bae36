package io.varve.daemon.serve.tls;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.varve.nbd.export.Peer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.bouncycastle.tls.BasicTlsPSKIdentity;
import org.bouncycastle.tls.PSKTlsClient;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCryptoProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a client of TLS 1.2 by the same library; other clients meet the daemon in the integration tests. */
class PskChannelTest {

    private static final String KEY = "000102030405060708090a0b0c0d0e0f";
    private static final TlsCrypto CRYPTO = new JcaTlsCryptoProvider().create(new SecureRandom());

    @TempDir
    Path directory;

    private SecureChannels channels;

    @BeforeEach
    void loadKeys() throws IOException {
        Path file = Files.writeString(directory.resolve("keys.psk"), "alice:" + KEY + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        channels = SecureChannels.ofPsk(file);
    }

    private static TlsClientProtocol client(String user, String key) throws IOException {
        TlsClientProtocol protocol = new TlsClientProtocol();
        protocol.connect(new PSKTlsClient(
                CRYPTO, new BasicTlsPSKIdentity(user.getBytes(UTF_8), HexFormat.of().parseHex(key))));
        return protocol;
    }

    private static byte[] takeOutput(TlsClientProtocol client) {
        byte[] output = new byte[client.getAvailableOutputBytes()];
        client.readOutput(output, 0, output.length);
        return output;
    }

    private static void shakeHands(TlsClientProtocol client, SecureChannel channel) throws IOException {
        for (int i = 0; i < 10 && !channel.isEstablished(); i++) {
            ByteBuffer answer = ByteBuffer.allocate(2 * SecureChannel.RECORD_LENGTH);
            channel.handshake(ByteBuffer.wrap(takeOutput(client)), answer);
            client.offerInput(answer.array(), 0, answer.position());
        }
    }

    @Test
    void shouldKnowTheUserAndCarryData() throws IOException {
        TlsClientProtocol client = client("alice", KEY);
        SecureChannel channel = channels.open();
        shakeHands(client, channel);

        assertThat(channel.isEstablished()).isTrue();
        Peer peer = channel.secured(Peer.tcp("10.0.0.1"));
        assertThat(peer.keyUser()).isEqualTo("alice");
        assertThat(peer.commonName()).isEmpty();
        client.writeApplicationData(new byte[] {1, 2, 3}, 0, 3);
        ByteBuffer plain = ByteBuffer.allocate(2 * SecureChannel.RECORD_LENGTH);
        channel.decrypt(ByteBuffer.wrap(takeOutput(client)), plain);
        assertThat(Arrays.copyOf(plain.array(), plain.position())).containsExactly(1, 2, 3);
    }

    @Test
    void shouldSayWhoHasNoKeyOrAnother() throws IOException {
        SecureChannel forMallory = channels.open();
        assertThatThrownBy(() -> shakeHands(client("mall\nory" + "y".repeat(99), KEY), forMallory))
                .isInstanceOf(IOException.class).message()
                .startsWith("there is no key of the user 'mall?oryyyy").endsWith("yyy...'").hasSizeLessThan(100);
        SecureChannel forAlice = channels.open();
        assertThatThrownBy(() -> shakeHands(client("alice", KEY.replace("00", "ff")), forAlice))
                .isInstanceOf(IOException.class).hasMessage("the client has another key of the user 'alice'");
    }

    @Test
    void shouldRefuseAnyDamageWithALine() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] first = takeOutput(client("alice", KEY));
        for (int i = 0; i < 300; i++) {
            byte[] damaged = Arrays.copyOf(first, first.length + random.nextInt(20));
            for (int j = random.nextInt(5); j >= 0; j--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            SecureChannel channel = channels.open();
            ByteBuffer answer = ByteBuffer.allocate(2 * SecureChannel.RECORD_LENGTH);
            Throwable thrown = catchThrowable(() -> channel.handshake(ByteBuffer.wrap(damaged), answer));
            assertThat(channel.isEstablished()).isFalse();
            if (thrown != null) {
                assertThat(thrown).as("seed %d, round %d", seed, i).isInstanceOf(IOException.class);
            }
            channel.end(ByteBuffer.allocate(2 * SecureChannel.RECORD_LENGTH));
        }
    }
}
