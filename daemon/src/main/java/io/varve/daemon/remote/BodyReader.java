package io.varve.daemon.remote;

import java.nio.ByteBuffer;

/**
 * Makes bytes of the disk out of the body of an answer, as it comes.
 *
 * <p>Owned by the body, which locks.
 */
interface BodyReader {

    /** @throws OriginException if this is no such body; nothing may follow then */
    void read(ByteBuffer bytes) throws OriginException;

    /**
     * The body is at its end.
     *
     * @throws OriginException if that is too early
     */
    void end() throws OriginException;
}
