package io.varve.daemon.store;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.SourceRange;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a source for a job that no client waits for: what is far away is brought near first, which gives way to reads
 * of clients; what is not to be had so is read as a client would.
 *
 * <p>Thread-safe because the source is.
 */
record AheadSource(BlockSource source) implements BlockSource {

    private static final Logger LOG = LoggerFactory.getLogger(AheadSource.class);

    @Override
    public int readNow(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        return source.readNow(position, destination, index, length);
    }

    @Override
    public void read(long position, MutableDirectBuffer destination, int index, int length) throws IOException {
        try {
            source.prefetch(List.of(new SourceRange(position, length)));
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            LOG.debug("{}: {} bytes at {} did not come ahead", source, length, position, e);
        }
        source.read(position, destination, index, length);
    }
}
