package io.varve.daemon.serve.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClientHelloTest {

    private static final int AES_128_GCM = 0x1301;
    private static final int ECDHE_PSK_AES_128_GCM = 0xd001;

    /** A whole message in one record. */
    static byte[] hello(List<Integer> suites, String... identities) {
        ByteBuffer body = ByteBuffer.allocate(1000);
        body.putShort((short) 0x303).put(new byte[32]).put((byte) 3).put(new byte[3]);
        body.putShort((short) (2 * suites.size()));
        suites.forEach(suite -> body.putShort(suite.shortValue()));
        body.put((byte) 1).put((byte) 0);
        int listLength = Arrays.stream(identities).mapToInt(identity -> identity.length() + 6).sum();
        int keysLength = identities.length == 0 ? 0 : 4 + 2 + listLength + 2;
        body.putShort((short) (5 + keysLength)).putShort((short) 43).putShort((short) 1).put((byte) 7);
        if (identities.length > 0) {
            body.putShort((short) 41).putShort((short) (2 + listLength + 2)).putShort((short) listLength);
            for (String identity : identities) {
                body.putShort((short) identity.length()).put(identity.getBytes(StandardCharsets.US_ASCII)).putInt(0);
            }
            body.putShort((short) 0);
        }
        body.flip();
        return record(ByteBuffer.allocate(4 + body.remaining()).putInt(1 << 24 | body.remaining()).put(body).array());
    }

    private static byte[] record(byte[] fragment) {
        return ByteBuffer.allocate(5 + fragment.length).put((byte) 22).putShort((short) 0x301)
                .putShort((short) fragment.length).put(fragment).array();
    }

    /** The same in records of one byte. */
    static byte[] inPieces(byte[] whole) {
        byte[] message = Arrays.copyOfRange(whole, 5, whole.length);
        ByteBuffer pieces = ByteBuffer.allocate(6 * message.length);
        for (byte one : message) {
            pieces.put(record(new byte[] {one}));
        }
        return pieces.array();
    }

    private static ClientHello read(byte[] records) {
        return ClientHello.peek(ByteBuffer.wrap(records)).orElseThrow();
    }

    @Test
    void shouldSeeSuitesAndIdentities() {
        ClientHello hello = read(hello(List.of(AES_128_GCM, 0xd001), "alice", ""));

        assertThat(hello.cipherSuites()).containsExactly(AES_128_GCM, ECDHE_PSK_AES_128_GCM);
        assertThat(hello.identities()).containsExactly("alice".getBytes(StandardCharsets.US_ASCII), new byte[0]);
        assertThat(read(hello(List.of(AES_128_GCM))).identities()).isEmpty();
    }

    @Test
    void shouldTellWhoWantsKeys() {
        assertThat(PskServer.isMeant(read(hello(List.of(AES_128_GCM, ECDHE_PSK_AES_128_GCM))))).isTrue();
        assertThat(PskServer.isMeant(read(hello(List.of(AES_128_GCM, 0xc02f))))).isFalse();
    }

    @Test
    void shouldWaitForTheLastByteAndConsumeNone() {
        byte[] whole = hello(List.of(AES_128_GCM), "alice");
        for (int length = 0; length < whole.length; length++) {
            ByteBuffer part = ByteBuffer.wrap(whole, 0, length);
            assertThat(ClientHello.peek(part)).as("%d bytes", length).isEmpty();
            assertThat(part.position()).isZero();
        }
        assertThat(ClientHello.peek(ByteBuffer.wrap(whole))).isPresent();
    }

    @Test
    void shouldPutRecordsTogether() {
        assertThat(read(inPieces(hello(List.of(AES_128_GCM), "alice"))).identities()).hasSize(1);
    }

    @Test
    void shouldNotCareWhatFollows() {
        byte[] whole = hello(List.of(AES_128_GCM), "alice");
        byte[] more = Arrays.copyOf(whole, whole.length + 100);
        more[whole.length] = 23;
        assertThat(read(more).identities()).hasSize(1);
    }

    @Test
    void shouldLeaveEverythingElseToOthers() {
        for (String text : new String[] {"GET / HTTP/1.1\r\n\r\n", "\u0015\u0003\u0001\u0000\u0002\u0001\u0000",
            "\u0016\u0003\u0001\u0000\u0000", "\u0016\u0003\u0001\u0000\u0004\u0002\u0000\u0000\u0000"}) {
            ClientHello hello = read(text.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(hello.cipherSuites()).isEmpty();
            assertThat(hello.identities()).isEmpty();
        }
    }

    @Test
    void shouldReadAnyDamage() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] whole = hello(List.of(AES_128_GCM, ECDHE_PSK_AES_128_GCM), "alice", "bob");
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = Arrays.copyOf(whole, random.nextInt(whole.length + 20));
            for (int j = random.nextInt(5); j > 0 && damaged.length > 0; j--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            Optional<ClientHello> hello = ClientHello.peek(ByteBuffer.wrap(damaged));
            hello.ifPresent(seen -> assertThat(seen.identities().stream().mapToInt(bytes -> bytes.length).sum())
                    .as("seed %d", seed).isLessThanOrEqualTo(damaged.length));
        }
    }

    @Test
    void shouldNotWaitForPiecesWithoutEnd() throws IOException {
        EitherChannel channel = new EitherChannel(hello -> {
            throw new AssertionError("nothing to choose by");
        });
        ByteBuffer answer = ByteBuffer.allocate(SecureChannel.RECORD_LENGTH);
        ByteBuffer pieces = ByteBuffer.allocate(SecureChannel.RECORD_LENGTH + 6);
        pieces.put(record(new byte[] {1, 0, 60, 0}));
        while (pieces.remaining() >= 6) {
            pieces.put(record(new byte[1]));
        }
        ByteBuffer some = pieces.duplicate().flip().limit(SecureChannel.RECORD_LENGTH);
        channel.handshake(some, answer);
        assertThat(some.position()).isZero();
        assertThat(channel.isEstablished()).isFalse();
        assertThatThrownBy(() -> channel.handshake(pieces.duplicate().flip(), answer))
                .hasMessageContaining("too many pieces");
    }
}
