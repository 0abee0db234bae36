package io.varve.daemon.io.sim;

import io.varve.daemon.io.Pages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The oracle: what each sector of 512 bytes may hold. After a crash that is the last value that was committed, or any
 * value written later; while the overlay lives, it is the last value written. A sector that was seen after a recovery
 * has only the value that was seen.
 *
 * <p>Values are numbers; a sector is filled with a pattern of its value and its own number, so that a stale, torn or
 * misplaced sector is found out.
 */
public final class SectorModel {

    public static final int SECTOR = 512;
    public static final int SECTORS_PER_PAGE = Pages.PAGE_SIZE / SECTOR;
    /** The sector belongs to the layers below. */
    public static final int PARENT = 0;
    public static final int ZEROS = 1;

    /** @param sure false for one whose write failed half-way: it may be there or not, before and after a commit */
    private record Value(int number, long time, boolean sure) {}

    private final List<List<Value>> sectors = new ArrayList<>();
    private long time;
    private int lastNumber = ZEROS;

    public SectorModel(int sectorCount) {
        for (int i = 0; i < sectorCount; i++) {
            sectors.add(new ArrayList<>(List.of(new Value(PARENT, 0, true))));
        }
    }

    public int nextNumber() {
        return ++lastNumber;
    }

    /** Moment of a commit: it covers what was written before. */
    public long now() {
        return ++time;
    }

    /** A write begins. Until {@link #written} it may or may not happen. */
    public void writing(int firstSector, int count, int number) {
        time++;
        for (int sector = firstSector; sector < firstSector + count; sector++) {
            sectors.get(sector).add(new Value(number, time, false));
        }
    }

    /** The write that was announced last has returned. */
    public void written(int firstSector, int count) {
        for (int sector = firstSector; sector < firstSector + count; sector++) {
            List<Value> values = sectors.get(sector);
            Value last = values.remove(values.size() - 1);
            values.add(new Value(last.number(), last.time(), true));
        }
    }

    public void committed(long moment) {
        for (List<Value> values : sectors) {
            for (int i = values.size() - 1; i > 0; i--) {
                if (values.get(i).sure() && values.get(i).time() <= moment) {
                    values.subList(0, i).clear();
                    break;
                }
            }
        }
    }

    /** What a client sees. */
    @FunctionalInterface
    public interface View {

        /** Whether the sector holds that value. */
        boolean holds(int sector, int number) throws IOException;
    }

    /** Whether the bytes at {@code index} are those of a value that is not the parent's. */
    public static boolean isFilled(DirectBuffer buffer, int index, int sector, int number) {
        for (int i = 0; i < SECTOR; i += Long.BYTES) {
            if (buffer.getLong(index + i) != (number == ZEROS ? 0 : pattern(sector, number, i))) {
                return false;
            }
        }
        return true;
    }

    public static void fill(MutableDirectBuffer buffer, int index, int sector, int number) {
        for (int i = 0; i < SECTOR; i += Long.BYTES) {
            buffer.putLong(index + i, number == ZEROS ? 0 : pattern(sector, number, i));
        }
    }

    private static long pattern(int sector, int number, int i) {
        return (long) number << 40 | (long) sector << 16 | i;
    }

    /** What a client must read while nothing crashes: the last value, or one whose write failed after it. */
    public void requireCurrent(View view) throws IOException {
        check(view, false);
    }

    /** What a client may read after a crash; from now on, it must read just that. */
    public void requireSurvived(View view) throws IOException {
        check(view, true);
    }

    /** Takes what another oracle has seen written, and committed, as given. */
    public void adopt(SectorModel other) {
        lastNumber = other.lastNumber;
        for (int i = 0; i < sectors.size(); i++) {
            sectors.set(i, new ArrayList<>(other.sectors.get(i)));
        }
    }

    private void check(View view, boolean afterCrash) throws IOException {
        for (int sector = 0; sector < sectors.size(); sector++) {
            List<Value> values = sectors.get(sector);
            List<Value> allowed = afterCrash ? values : values.subList(lastSure(values), values.size());
            List<Value> seen = new ArrayList<>();
            for (Value value : allowed) {
                if (view.holds(sector, value.number())) {
                    seen.add(new Value(value.number(), 0, true));
                }
            }
            if (seen.isEmpty()) {
                throw new AssertionError("sector " + sector + " holds " + describe(view, sector) + ", allowed are "
                        + allowed);
            }
            if (afterCrash) {
                sectors.set(sector, seen);
            }
        }
    }

    private String describe(View view, int sector) throws IOException {
        for (int number = PARENT; number <= lastNumber; number++) {
            if (view.holds(sector, number)) {
                return "value " + number;
            }
        }
        return "garbage";
    }

    private static int lastSure(List<Value> values) {
        int last = values.size() - 1;
        while (!values.get(last).sure()) {
            last--;
        }
        return last;
    }
}
