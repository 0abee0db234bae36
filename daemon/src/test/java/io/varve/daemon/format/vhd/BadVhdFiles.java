package io.varve.daemon.format.vhd;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Files that are refused, by the words that the README has for them. Immutable. */
public final class BadVhdFiles {

    private static final int MIB = 1 << 20;
    private static final int CHECKSUM = 64;

    private BadVhdFiles() {}

    /** The whole content of each. */
    public static Map<String, byte[]> all() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        byte[] fixed = TestVhd.fixed(new byte[MIB]).build();
        files.put("VHD, cut off", Arrays.copyOf(fixed, MIB / 2));
        byte[] wrong = fixed.clone();
        wrong[MIB + CHECKSUM] ^= 1;
        files.put("VHD, checksum wrong", wrong);
        files.put("VHD, block behind the end",
                TestVhd.dynamic(4 * MIB, 2 * MIB).entry(0, 0x7fff_ff00).build());
        files.put("VHD, parent missing", TestVhd.differencing(4 * MIB, 2 * MIB)
                .parentName("gone.vhd").locator(0, "W2ru", ".\\gone.vhd", 1).build());
        files.put("VHD, parent changed", TestVhd.differencing(4 * MIB, 2 * MIB)
                .parentName("there.vhd").locator(0, "W2ru", ".\\there.vhd", 1).build());
        return files;
    }

    /** A sound file that is nobody's parent. */
    public static byte[] other() {
        return TestVhd.dynamic(4 * MIB, 2 * MIB).build();
    }
}
