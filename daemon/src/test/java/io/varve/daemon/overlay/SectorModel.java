package io.varve.daemon.overlay;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The oracle: what each sector of 512 bytes may hold. After a crash that is the last value that was committed, or any
 * value written later; while the overlay lives, it is the last value written. A sector that was seen after a recovery
 * has only the value that was seen.
 *
 * <p>Values are numbers; a sector is filled with a pattern of its value and its own number, so that a stale, torn or
 * misplaced sector is found out.
 */
final class SectorModel {

    static final int SECTOR = 512;
    static final int SECTORS_PER_PAGE = Pages.PAGE_SIZE / SECTOR;
    /** The sector belongs to the layers below. */
    static final int PARENT = 0;
    static final int ZEROS = 1;
    private static final int GARBAGE = -1;

    /** @param sure false for one whose write failed half-way: it may be there or not, before and after a commit */
    private record Value(int number, long time, boolean sure) {}

    private final List<List<Value>> sectors = new ArrayList<>();
    private final int firstPage;
    private final UnsafeBuffer page = Buffers.alignedDirect(Pages.PAGE_SIZE);
    private long time;
    private int lastNumber = ZEROS;

    /** @param firstPage page of the disk that is page 0 here */
    SectorModel(int firstPage, int pageCount) {
        this.firstPage = firstPage;
        for (int i = 0; i < pageCount * SECTORS_PER_PAGE; i++) {
            sectors.add(new ArrayList<>(List.of(new Value(PARENT, 0, true))));
        }
    }

    int nextNumber() {
        return ++lastNumber;
    }

    /** Moment of a commit: it covers what was written before. */
    long now() {
        return ++time;
    }

    /** A write begins. Until {@link #written} it may or may not happen. */
    void writing(int firstSector, int count, int number) {
        time++;
        for (int sector = firstSector; sector < firstSector + count; sector++) {
            sectors.get(sector).add(new Value(number, time, false));
        }
    }

    /** The write that was announced last has returned. */
    void written(int firstSector, int count) {
        for (int sector = firstSector; sector < firstSector + count; sector++) {
            List<Value> values = sectors.get(sector);
            Value last = values.remove(values.size() - 1);
            values.add(new Value(last.number(), last.time(), true));
        }
    }

    void committed(long moment) {
        for (List<Value> values : sectors) {
            for (int i = values.size() - 1; i > 0; i--) {
                if (values.get(i).sure() && values.get(i).time() <= moment) {
                    values.subList(0, i).clear();
                    break;
                }
            }
        }
    }

    static void fill(UnsafeBuffer buffer, int index, int sector, int number) {
        for (int i = 0; i < SECTOR; i += Long.BYTES) {
            buffer.putLong(index + i, number == ZEROS ? 0 : pattern(sector, number, i));
        }
    }

    private static long pattern(int sector, int number, int i) {
        return (long) number << 40 | (long) sector << 16 | i;
    }

    private static int decode(UnsafeBuffer buffer, int index, int sector) {
        int number = (int) (buffer.getLong(index) >>> 40);
        number = number == 0 ? ZEROS : number;
        for (int i = 0; i < SECTOR; i += Long.BYTES) {
            if (buffer.getLong(index + i) != (number == ZEROS ? 0 : pattern(sector, number, i))) {
                return GARBAGE;
            }
        }
        return number;
    }

    /** What a client of a living overlay must read: the last value, or one whose write failed after it. */
    void requireCurrent(Overlay overlay) throws IOException {
        check(overlay, false);
    }

    /** What a client may read after a crash; from now on, it must read just that. */
    void requireSurvived(Overlay overlay) throws IOException {
        check(overlay, true);
    }

    /** Takes what another oracle has seen written, and committed, as given. */
    void adopt(SectorModel other) {
        lastNumber = other.lastNumber;
        for (int i = 0; i < sectors.size(); i++) {
            sectors.set(i, new ArrayList<>(other.sectors.get(i)));
        }
    }

    private void check(Overlay overlay, boolean afterCrash) throws IOException {
        for (int sector = 0; sector < sectors.size(); sector++) {
            long pageIndex = firstPage + sector / SECTORS_PER_PAGE;
            int state = overlay.state(pageIndex);
            if (state == Overlay.PRESENT && sector % SECTORS_PER_PAGE == 0) {
                overlay.data().read(Pages.offset(pageIndex), page, 0, Pages.PAGE_SIZE);
            }
            int seen = switch (state) {
                case Overlay.ABSENT -> PARENT;
                case Overlay.ZERO -> ZEROS;
                default -> decode(page, sector % SECTORS_PER_PAGE * SECTOR, sector);
            };
            List<Value> values = sectors.get(sector);
            List<Value> allowed = afterCrash ? values : values.subList(lastSure(values), values.size());
            boolean found = false;
            for (Value value : allowed) {
                found |= value.number() == seen;
            }
            if (!found) {
                throw new AssertionError("sector " + sector + " of a page in state " + state + " holds value " + seen
                        + ", allowed are " + allowed);
            }
            if (afterCrash) {
                values.clear();
                values.add(new Value(seen, 0, true));
            }
        }
    }

    private static int lastSure(List<Value> values) {
        int last = values.size() - 1;
        while (!values.get(last).sure()) {
            last--;
        }
        return last;
    }
}
