package io.varve.daemon.format.qcow2;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Files that are refused, by the words that the README has for them. Immutable. */
public final class BadQcow2Files {

    private static final int SIZE = 1 << 20;

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
        return files;
    }

    private static HandMadeQcow2 sound() {
        return new HandMadeQcow2(3, 16, SIZE);
    }
}
