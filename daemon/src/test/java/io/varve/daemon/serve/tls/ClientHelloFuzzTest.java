package io.varve.daemon.serve.tls;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.varve.daemon.io.SeedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Invariants checked: any bytes are a message or the begin of one, nothing is consumed, what is seen was there, and a
 * message stays what it is when more follows.
 */
class ClientHelloFuzzTest {

    @Test
    void shouldHaveRealMessagesAsSeeds() throws IOException {
        SeedFiles.check(ClientHelloFuzzTest.class, "shouldLookAtAnyRecords", Map.of(
                "plain", ClientHelloTest.hello(List.of(0x1301, 0xc02f)),
                "keys", ClientHelloTest.hello(List.of(0x1301, 0xd001, 0xaa), "alice", "bob"),
                "pieces", ClientHelloTest.inPieces(ClientHelloTest.hello(List.of(0x1301), "alice"))));
    }

    @FuzzTest
    void shouldLookAtAnyRecords(byte[] content) {
        ByteBuffer records = ByteBuffer.wrap(content);
        Optional<ClientHello> whole = ClientHello.peek(records);
        if (records.position() != 0) {
            throw new AssertionError("consumed " + records.position() + " bytes");
        }
        int seenLength = whole.map(hello -> 2 * hello.cipherSuites().size()
                + hello.identities().stream().mapToInt(identity -> identity.length).sum()).orElse(0);
        if (seenLength > content.length) {
            throw new AssertionError("saw " + seenLength + " bytes in " + content.length);
        }
        Optional<ClientHello> part = ClientHello.peek(ByteBuffer.wrap(content, 0, content.length / 2));
        if (part.isPresent() && (whole.isEmpty()
                || !part.get().cipherSuites().equals(whole.get().cipherSuites()))) {
            throw new AssertionError("half of it was another message");
        }
    }
}
