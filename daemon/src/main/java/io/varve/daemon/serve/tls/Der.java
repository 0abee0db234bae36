package io.varve.daemon.serve.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * The little of DER that turns the older formats of private keys into PKCS #8 (RFC 5958):
 *
 * <pre>
 *   SEQUENCE { INTEGER 0, AlgorithmIdentifier, OCTET STRING { the key in the older format } }
 * </pre>
 *
 * <p>Thread-safe because it has no state.
 */
final class Der {

    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final byte[] VERSION = {0x02, 0x01, 0x00};

    private Der() {}

    /**
     * @param key       RSAPrivateKey of PKCS #1 or ECPrivateKey of RFC 5915
     * @param publicKey SubjectPublicKeyInfo as the JDK encodes it; begins with the AlgorithmIdentifier of both keys
     */
    static byte[] pkcs8(byte[] key, byte[] publicKey) throws IOException {
        int outer = headerLength(publicKey, 0);
        int algorithmLength = headerLength(publicKey, outer) + contentLength(publicKey, outer);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(VERSION);
        content.write(publicKey, outer, algorithmLength);
        content.write(element(OCTET_STRING, key));
        return element(SEQUENCE, content.toByteArray());
    }

    private static byte[] element(int tag, byte[] content) throws IOException {
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        if (content.length < 0x80) {
            element.write(content.length);
        } else {
            int lengthBytes = (Integer.SIZE - Integer.numberOfLeadingZeros(content.length) + 7) / 8;
            element.write(0x80 | lengthBytes);
            for (int i = lengthBytes - 1; i >= 0; i--) {
                element.write(content.length >>> (8 * i));
            }
        }
        element.write(content);
        return element.toByteArray();
    }

    private static int headerLength(byte[] der, int index) {
        int length = der[index + 1] & 0xff;
        return length < 0x80 ? 2 : 2 + (length & 0x7f);
    }

    private static int contentLength(byte[] der, int index) {
        int length = der[index + 1] & 0xff;
        if (length < 0x80) {
            return length;
        }
        int value = 0;
        for (int i = 0; i < (length & 0x7f); i++) {
            value = value << 8 | der[index + 2 + i] & 0xff;
        }
        return value;
    }
}
