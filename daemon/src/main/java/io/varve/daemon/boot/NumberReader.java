package io.varve.daemon.boot;

import io.varve.daemon.io.CorruptDataException;
import java.nio.ByteBuffer;

/**
 * Numbers of seven bits a byte, lowest first, in as few bytes as it takes, from a file that may hold anything.
 *
 * <p>Owned by the thread that reads, which may read the same buffer in other ways between two numbers.
 */
final class NumberReader {

    private static final int MAX_NUMBER_BITS = 56;

    private final String fileName;
    private final ByteBuffer body;
    private final int bodyPosition;

    /** @param bodyPosition of {@code body} in the file */
    NumberReader(String fileName, ByteBuffer body, int bodyPosition) {
        this.fileName = fileName;
        this.body = body;
        this.bodyPosition = bodyPosition;
    }

    /** 0 to 2^56 - 1. */
    long next() throws CorruptDataException {
        long number = 0;
        for (int shift = 0; shift < MAX_NUMBER_BITS; shift += 7) {
            require(1);
            final int part = body.get();
            number |= (part & 0x7fL) << shift;
            if (part >= 0) {
                if (part == 0 && shift > 0) {
                    break;
                }
                return number;
            }
        }
        throw corrupt("a number that is too long");
    }

    /** @param what the number is of, for messages */
    long next(long max, String what) throws CorruptDataException {
        final long number = next();
        if (number > max) {
            throw corrupt(number + " " + what);
        }
        return number;
    }

    /** How many of something follow, that takes at least {@code minLength} bytes each: there must be so many. */
    int count(int max, int minLength, String what) throws CorruptDataException {
        final int count = (int) next(max, what);
        require((long) count * minLength);
        return count;
    }

    /** @param length bounded by the caller */
    byte[] bytes(int length) throws CorruptDataException {
        require(length);
        final byte[] bytes = new byte[length];
        body.get(bytes);
        return bytes;
    }

    void requireEnd() throws CorruptDataException {
        if (body.hasRemaining()) {
            throw corrupt(body.remaining() + " bytes behind the end");
        }
    }

    void require(long length) throws CorruptDataException {
        if (length > body.remaining()) {
            throw corrupt("it ends too early");
        }
    }

    CorruptDataException corrupt(String what) {
        return new CorruptDataException(fileName, bodyPosition + body.position(), what);
    }
}
