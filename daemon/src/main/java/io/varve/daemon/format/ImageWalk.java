package io.varve.daemon.format;

import java.io.IOException;

/**
 * Goes through a disk in long ranges of one kind, for those who copy it: what is absent, zero, or has content.
 *
 * <p>Owned by the thread that walks.
 */
public final class ImageWalk {

    /** Whose word counts. */
    public enum Scope {
        /** That of the file on top alone: what it leaves to its parents is absent. */
        TOP,
        /** That of all files: what none says anything about is absent. */
        CHAIN
    }

    /** A range. */
    public enum Kind {
        ABSENT,
        ZERO,
        /** Whatever the bytes are, also if they are encoded. */
        CONTENT,
        /** The disk ends. */
        END
    }

    /** Bytes; so that who walks hears of an interruption. */
    private static final long MAX_RANGE_LENGTH = 1L << 30;

    private final ImageChain chain;
    private final Scope scope;
    private final Piece piece = new Piece();
    private Kind kind;
    private long start;
    private long end;
    private Kind nextKind;
    private long nextEnd;

    public ImageWalk(ImageChain chain, Scope scope) {
        this.chain = chain;
        this.scope = scope;
    }

    /**
     * Finds the range that begins at a byte.
     *
     * @param offset byte in the disk, at most its size
     */
    public void seek(long offset) throws IOException {
        start = offset;
        if (nextKind != null && end == offset && nextEnd > offset) {
            kind = nextKind;
            end = nextEnd;
            nextKind = null;
        } else {
            nextKind = null;
            kind = look(offset);
            end = offset + lookedLength(kind);
        }
        while (kind != Kind.END && end - start < MAX_RANGE_LENGTH) {
            Kind following = look(end);
            long followingEnd = end + lookedLength(following);
            if (following != kind) {
                nextKind = following;
                nextEnd = followingEnd;
                return;
            }
            end = followingEnd;
        }
    }

    private Kind look(long offset) throws IOException {
        long rest = chain.size() - offset;
        if (rest == 0) {
            return Kind.END;
        }
        long length = Math.min(rest, MAX_RANGE_LENGTH);
        if (scope == Scope.TOP) {
            chain.images().get(0).locate(offset, length, piece, true);
        } else {
            chain.locate(offset, length, piece, true);
        }
        if (piece.length() < 1 || piece.length() > length) {
            throw new IllegalStateException(chain.images().get(0).name() + " at " + offset + ": " + piece);
        }
        return switch (piece.kind()) {
            case Piece.ABSENT -> Kind.ABSENT;
            case Piece.ZERO -> Kind.ZERO;
            default -> Kind.CONTENT;
        };
    }

    private long lookedLength(Kind looked) {
        return looked == Kind.END ? 0 : piece.length();
    }

    /** Of the range that was found. */
    public Kind kind() {
        return kind;
    }

    /** Byte in the disk behind the range. */
    public long end() {
        return end;
    }
}
