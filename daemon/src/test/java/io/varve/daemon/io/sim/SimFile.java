package io.varve.daemon.io.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * A file of a simulated disk: what reads see, what is durable, and the changes in between.
 *
 * <p>Owned by its file space, whose lock guards it.
 */
final class SimFile {

    private enum Fate {
        /** The next sync makes it durable. */
        PENDING,
        /** A sync failed; no later one covers it. */
        STUCK,
        /** Kept in the list only because something before it is stuck. */
        DURABLE
    }

    private static final int SECTOR = 512;
    private static final int SECTORS_PER_PAGE = SimContent.PAGE / SECTOR;

    /** A change in the order in which it was made. */
    private static final class Change {
        private final SimCall.Kind kind;
        private final long position;
        private final long length;
        private final byte[] bytes;
        private Fate fate = Fate.PENDING;

        Change(SimCall.Kind kind, long position, long length, byte[] bytes) {
            this.kind = kind;
            this.position = position;
            this.length = length;
            this.bytes = bytes;
        }

        /** Sectors of the disk that the change touches. */
        int sectorCount() {
            return length == 0 ? 0 : (int) ((position + length - 1) / SECTOR - position / SECTOR) + 1;
        }

        /** Where the part of the change that lies in its n-th sector begins, as a byte of the change. */
        long sectorStart(int sector) {
            return Math.min(length, Math.max(0, (position / SECTOR + sector) * SECTOR - position));
        }

        /** Applies {@code [from, to)} of the change's bytes; the size follows if {@code sized}. */
        void apply(SimContent content, long from, long to, boolean sized) {
            long sizeBefore = content.size();
            switch (kind) {
                case WRITE -> {
                    if (to > from) {
                        content.write(position + from, bytes, (int) from, (int) (to - from));
                    }
                }
                case PUNCH -> content.zero(position + from, to - from, false);
                case ZERO -> content.zero(position + from, to - from, true);
                case TRUNCATE -> content.truncate(position);
                default -> throw new IllegalStateException("not a change of content: " + kind);
            }
            if (kind == SimCall.Kind.WRITE && !sized) {
                content.truncate(sizeBefore);
            }
        }
    }

    private final List<Change> changes = new ArrayList<>();
    private SimContent durable;
    private SimContent current;

    SimFile() {
        durable = new SimContent();
        current = new SimContent();
    }

    /** A file that is durable as it is. */
    private SimFile(SimContent content) {
        durable = content;
        current = content.copy();
    }

    /** What reads see. */
    SimContent current() {
        return current;
    }

    /** The same file with the same past, and a future of its own. */
    SimFile fork() {
        SimFile copy = new SimFile(durable.copy());
        copy.current = current.copy();
        for (Change change : changes) {
            Change same = new Change(change.kind, change.position, change.length, change.bytes);
            same.fate = change.fate;
            copy.changes.add(same);
        }
        return copy;
    }

    void write(long position, byte[] bytes) {
        change(new Change(SimCall.Kind.WRITE, position, bytes.length, bytes));
    }

    void truncate(long size) {
        change(new Change(SimCall.Kind.TRUNCATE, size, 0, null));
    }

    /** @param kind PUNCH or ZERO */
    void zero(SimCall.Kind kind, long position, long length) {
        change(new Change(kind, position, length, null));
    }

    private void change(Change change) {
        change.apply(current, 0, change.length, true);
        changes.add(change);
    }

    void sync() {
        boolean stuck = false;
        for (Change change : changes) {
            change.fate = change.fate == Fate.PENDING ? Fate.DURABLE : change.fate;
            stuck |= change.fate == Fate.STUCK;
        }
        if (!stuck) {
            changes.clear();
            durable = current.copy();
        }
    }

    /** A sync failed: the system believes that all is written, and it may or may not be. */
    void syncFailed() {
        for (Change change : changes) {
            change.fate = change.fate == Fate.PENDING ? Fate.STUCK : change.fate;
        }
    }

    /**
     * The memory drops what it believes is written. Of what a failed sync left, reads see from now on what the disk
     * has, which is what a power cut would leave.
     */
    void dropClean(Chooser chooser) {
        SimContent content = durable.copy();
        List<Change> dirty = new ArrayList<>();
        for (Change change : changes) {
            switch (change.fate) {
                case DURABLE -> change.apply(content, 0, change.length, true);
                case STUCK -> applySome(change, content, chooser);
                case PENDING -> dirty.add(change);
            }
        }
        durable = content;
        current = content.copy();
        changes.clear();
        dirty.forEach(this::change);
    }

    /** What a power cut leaves. */
    SimFile crash(Chooser chooser) {
        SimContent content = durable.copy();
        long sizeWithAll = current.size();
        for (Change change : changes) {
            if (change.fate == Fate.DURABLE) {
                change.apply(content, 0, change.length, true);
            } else {
                applySome(change, content, chooser);
            }
        }
        if (content.size() < sizeWithAll && chooser.choose(2) == 1) {
            content.grow(sizeWithAll);
        }
        return new SimFile(content);
    }

    /**
     * Nothing, one half, the other half, single sectors, single pages of 4096 bytes, or all of a change. Bytes that
     * were written behind the end are lost if the size is not kept with them.
     */
    private static void applySome(Change change, SimContent content, Chooser chooser) {
        boolean grows = change.kind == SimCall.Kind.WRITE && change.position + change.length > content.size();
        int sectors = change.kind == SimCall.Kind.TRUNCATE ? 1 : change.sectorCount();
        int options = sectors <= 1 ? 2 : sectors <= SECTORS_PER_PAGE ? 5 : 6;
        int choice = chooser.choose(options);
        boolean sized = choice == 0 || !grows || chooser.choose(2) == 1;
        if (choice == options - 1) {
            change.apply(content, 0, change.length, sized);
        } else if (choice == 1) {
            change.apply(content, 0, change.sectorStart(sectors / 2), sized);
        } else if (choice == 2) {
            change.apply(content, change.sectorStart(sectors / 2), change.length, sized);
        } else if (choice >= 3) {
            applyPieces(change, content, choice == 3 ? 1 : SECTORS_PER_PAGE, sized, chooser);
        }
    }

    /** Each piece, aligned to its own size on the disk, by itself. */
    private static void applyPieces(Change change, SimContent content, int sectorsPerPiece, boolean sized,
            Chooser chooser) {
        int sectors = change.sectorCount();
        int first = (int) (change.position / SECTOR % sectorsPerPiece);
        for (int sector = -first; sector < sectors; sector += sectorsPerPiece) {
            if (chooser.choose(2) == 1) {
                change.apply(content, change.sectorStart(Math.max(0, sector)),
                        change.sectorStart(sector + sectorsPerPiece), sized);
            }
        }
    }
}
