package io.varve.daemon.serve.tls;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCrypto;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCryptoProvider;

/**
 * Channels with pre-shared keys of one file, for clients that cannot have certificates.
 *
 * <p>Thread-safe because what it shares is immutable once loaded.
 */
final class PskChannels implements SecureChannels {

    /** The JDK's ciphers, because they use the processor's instructions for AES. */
    private final JcaTlsCrypto crypto = new JcaTlsCryptoProvider().create(new SecureRandom());

    private final Reloaded<PskKeys> keys;

    PskChannels(Path file) throws IOException {
        keys = new Reloaded<>(List.of(file.toAbsolutePath()), () -> PskKeys.read(file));
    }

    /** Whether it names somebody whose key is known. */
    boolean hasUserOf(ClientHello hello) {
        PskKeys now = keys.get();
        return hello.identities().stream().anyMatch(identity -> now.has(new String(identity, UTF_8)));
    }

    @Override
    public SecureChannel open() throws IOException {
        return new PskChannel(new PskServer(crypto, keys.get()));
    }
}
