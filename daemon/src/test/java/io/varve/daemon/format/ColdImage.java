package io.varve.daemon.format;

import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import java.util.Optional;

/**
 * Zeros, of which only the tables of the beginning are in memory.
 *
 * <p>Immutable.
 */
record ColdImage(ForeignImage image, long warmLength) implements ForeignImage {

    @Override
    public String name() {
        return image.name();
    }

    @Override
    public ImageFormat format() {
        return image.format();
    }

    @Override
    public long size() {
        return image.size();
    }

    @Override
    public boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) {
        if (!mayWait && offset >= warmLength) {
            return false;
        }
        piece.setZero(mayWait ? maxLength : Math.min(maxLength, warmLength - offset));
        return true;
    }

    @Override
    public BlockFile file() {
        return image.file();
    }

    @Override
    public Optional<ParentLink> parent() {
        return Optional.empty();
    }

    @Override
    public Optional<String> id() {
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        image.close();
    }
}
