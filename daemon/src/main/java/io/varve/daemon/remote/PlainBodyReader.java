package io.varve.daemon.remote;

import io.varve.daemon.remote.OriginException.Kind;
import java.nio.ByteBuffer;

/**
 * A body that is one range, and not a byte more.
 *
 * <p>Owned by the body, which locks.
 */
final class PlainBodyReader implements BodyReader {

    private final Scatter scatter;
    private final HttpJudge judge;
    private final int length;

    PlainBodyReader(ByteRange range, Scatter scatter, HttpJudge judge) throws OriginException {
        this.scatter = scatter;
        this.judge = judge;
        this.length = range.length();
        scatter.begin(range.position(), range.last() + 1);
    }

    @Override
    public void read(ByteBuffer bytes) throws OriginException {
        if (bytes.remaining() > scatter.left()) {
            throw judge.failure(Kind.REFUSED, "the server sends more than " + length + " bytes");
        }
        scatter.place(bytes, bytes.remaining());
        scatter.confirm();
    }

    @Override
    public void end() throws OriginException {
        if (scatter.left() > 0) {
            throw judge.failure(Kind.UNAVAILABLE, "the answer ends after " + (length - scatter.left()) + " bytes");
        }
    }
}
