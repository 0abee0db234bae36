package io.varve.daemon.format.qcow2;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Files that are refused, by the words that the README has for them. Immutable. */
public final class BadQcow2Files {

    private static final int SIZE = 1 << 20;
    /** Files below the one that is refused: with it, as many as a chain may have. */
    private static final int DEEP_COUNT = 63;

    private BadQcow2Files() {}

    /** The whole content of each. */
    public static Map<String, byte[]> all() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("qcow2, encrypted (AES)", sound().putInt(32, 1).bytes());
        files.put("qcow2, encrypted (LUKS)", sound().putInt(32, 2).bytes());
        files.put("qcow2, data in another file", sound().putLong(72, 4).bytes());
        files.put("qcow2, marked corrupt", sound().putLong(72, 2).bytes());
        files.put("qcow2, a feature of later versions", sound().putLong(72, 1L << 40).bytes());
        files.put("qcow2, version 1", sound().putInt(4, 1).bytes());
        files.put("qcow2, backing file by a protocol", sound().backing("nbd://127.0.0.1/disk", "raw").bytes());
        files.put("qcow2, backing file by a description", sound().backing("json:{\"driver\":\"raw\"}", "raw").bytes());
        files.put("qcow2, backing file without its format", sound().backing("there.raw", null).bytes());
        files.put("qcow2, backing file missing", sound().backing("gone.raw", "raw").bytes());
        files.put("qcow2, backing file elsewhere", sound().backing("/etc/passwd", "raw").bytes());
        files.put("qcow2, backing file is the file itself", sound().backing("bad", "qcow2").bytes());
        files.put("qcow2, size above 2^63", sound().putLong(24, Long.MIN_VALUE + 512).bytes());
        files.put("qcow2, size below 2^63", sound().putLong(24, Long.MAX_VALUE - 511).bytes());
        files.put("qcow2, cut off", Arrays.copyOf(sound().bytes(), 80));
        files.put("qcow2, table behind the end", sound().putLong(40, 1L << 40).bytes());
        files.put("qcow2, data behind the end", filled().entry(1, 1L << 40 | HandMadeQcow2.COPIED).bytes());
        files.put("qcow2, table of clusters behind the end", tableElsewhere());
        files.put("qcow2, two entries with one place", sharing());
        files.put("qcow2, backing files in a circle", sound().backing("loop1.qcow2", "qcow2").bytes());
        files.put("qcow2, too many backing files", sound().backing("deep1.qcow2", "qcow2").bytes());
        files.put("qcow2, backing file cut off", sound().backing("cut.qcow2", "qcow2").bytes());
        files.put("qcow2, backing file of another format", sound().backing("there.raw", "qcow2").bytes());
        files.put("qcow2, larger than can be imported", new HandMadeQcow2(3, 21, 1L << 50).bytes());
        return files;
    }

    /** What else is in the directory, by the names of files. */
    public static Map<String, byte[]> others() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("loop1.qcow2", sound().backing("loop2.qcow2", "qcow2").bytes());
        files.put("loop2.qcow2", sound().backing("bad", "qcow2").bytes());
        files.put("cut.qcow2", Arrays.copyOf(sound().bytes(), 80));
        for (int i = 1; i <= DEEP_COUNT; i++) {
            files.put("deep" + i + ".qcow2", new HandMadeQcow2(3, 9, SIZE)
                    .backing("deep" + (i + 1) + ".qcow2", "qcow2").bytes());
        }
        return files;
    }

    /** The disk of a guest who has written the header of an image into it, which names a file of the host. */
    public static byte[] madeByAGuest(String parent) {
        return sound().backing(parent, "raw").bytes();
    }

    /** A sound child of a raw file, with nothing in it. */
    public static byte[] childOfRaw(String parent, long size) {
        return new HandMadeQcow2(3, 16, size).backing(parent, "raw").bytes();
    }

    private static HandMadeQcow2 filled() {
        HandMadeQcow2 made = sound();
        made.data(0, new byte[] {1});
        return made;
    }

    private static byte[] tableElsewhere() {
        HandMadeQcow2 made = filled();
        return made.putLong(made.l1Position(), 1L << 40 | HandMadeQcow2.COPIED).bytes();
    }

    private static byte[] sharing() {
        HandMadeQcow2 made = sound();
        int position = made.data(0, new byte[] {1});
        return made.entry(1, position | HandMadeQcow2.COPIED).bytes();
    }

    private static HandMadeQcow2 sound() {
        return new HandMadeQcow2(3, 16, SIZE);
    }
}
