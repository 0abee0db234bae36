package io.varve.nbd.fuzz;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** What may be a string on the wire (proto.md, "Values"). Immutable. */
final class Texts {

    static final int MAX_LENGTH = 4096;

    private Texts() {}

    /** UTF-8 without NUL; of any length. */
    static boolean isString(byte[] bytes, int from, int length) {
        boolean ascii = true;
        for (int i = from; i < from + length; i++) {
            if (bytes[i] == 0) {
                return false;
            }
            ascii &= bytes[i] > 0;
        }
        if (ascii) {
            return true;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, length));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** Also without control characters. */
    static boolean isDisplayable(byte[] bytes, int from, int length) {
        for (int i = from; i < from + length; i++) {
            if (bytes[i] >= 0 && bytes[i] < ' ') {
                return false;
            }
        }
        return isString(bytes, from, length);
    }
}
