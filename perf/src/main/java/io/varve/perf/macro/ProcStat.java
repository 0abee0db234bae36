package io.varve.perf.macro;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel counts about a process.
 *
 * <p>Immutable.
 */
public final class ProcStat {
    /** The kernel shows times to user space in hundredths of a second (USER_HZ), whatever its own clock does. */
    private static final long TICK_US = 10_000;
    private static final int FIELD_UTIME = 11;
    private static final int FIELD_CSTIME = 14;
    private static final int FIELD_IDLE = 4;
    private static final int FIELD_IOWAIT = 5;
    private static final int FIELD_STEAL = 8;

    private ProcStat() {
    }

    /**
     * User and system time of all threads, and of child processes, those that ended included, in microseconds; see
     * proc(5).
     */
    public static long cpuUs(long pid) throws IOException {
        return cpuUs(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
    }

    static long cpuUs(String stat) {
        // The name in parentheses may hold blanks and parentheses: fields are counted after the last one.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long ticks = 0;
        // utime stime cutime cstime
        for (int i = FIELD_UTIME; i <= FIELD_CSTIME; i++) {
            ticks += Long.parseLong(fields[i]);
        }
        return ticks * TICK_US;
    }

    /** Resident size in bytes, mapped files included. */
    static long residentBytes(long pid) throws IOException {
        return number(Files.readString(Path.of("/proc", Long.toString(pid), "status")), "VmRSS:") * 1024;
    }

    /** Time that all processors together were busy since the machine started, in microseconds. */
    public static long machineBusyUs() throws IOException {
        return machineBusyUs(Files.readString(Path.of("/proc/stat")));
    }

    static long machineBusyUs(String stat) {
        // cpu user nice system idle iowait irq softirq steal ...
        String[] fields = stat.substring(0, stat.indexOf('\n')).split(" +");
        long ticks = 0;
        for (int i = 1; i < fields.length && i <= FIELD_STEAL; i++) {
            if (i != FIELD_IDLE && i != FIELD_IOWAIT) {
                ticks += Long.parseLong(fields[i]);
            }
        }
        return ticks * TICK_US;
    }

    /** The highest resident size so far, in bytes; 0 when the process is gone. */
    static long peakResidentBytes(long pid) {
        try {
            return peakResidentBytes(Files.readString(Path.of("/proc", Long.toString(pid), "status")));
        } catch (IOException gone) {
            return 0;
        }
    }

    static long peakResidentBytes(String status) {
        return number(status, "VmHWM:") * 1024;
    }

    private static long number(String status, String name) {
        return status.lines()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElse(0);
    }
}
