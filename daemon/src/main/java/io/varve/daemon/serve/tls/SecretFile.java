package io.varve.daemon.serve.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Reads small files of credentials; every failure is one line that says what to do.
 *
 * <p>Thread-safe because it has no state.
 */
final class SecretFile {

    /** Bytes. */
    private static final int MAX_LENGTH = 1024 * 1024;
    private static final Set<PosixFilePermission> OWNERS =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    private SecretFile() {}

    /** Reads what only its owner may touch. */
    static String readSecret(Path file) throws IOException {
        String text = read(file);
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        if (!OWNERS.containsAll(permissions)) {
            throw new IOException(file + " has the mode " + PosixFilePermissions.toString(permissions)
                    + ", so others can use the key: chmod 600 " + file);
        }
        return text;
    }

    static String read(Path file) throws IOException {
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                // A pipe would keep the reader waiting, a device would have no end.
                throw new IOException(file + " is no regular file, and TLS needs one");
            }
            byte[] content;
            try (InputStream in = Files.newInputStream(file)) {
                content = in.readNBytes(MAX_LENGTH + 1);
            }
            if (content.length > MAX_LENGTH) {
                throw new IOException(file + " has more than " + MAX_LENGTH
                        + " bytes, too many for keys or certificates");
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
        } catch (NoSuchFileException e) {
            throw new IOException(file + " does not exist, and TLS needs it", e);
        } catch (AccessDeniedException e) {
            throw new IOException(file + " cannot be read: give it to the user that runs varve", e);
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not a text file: TLS needs PEM or keys, in text", e);
        }
    }
}
