package io.varve.daemon.format.vhd;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/** Files that are refused, by the words that the README has for them. Immutable. */
public final class BadVhdFiles {

    private static final int MIB = 1 << 20;
    private static final int FOOTER = 512;
    private static final int SIZE = 48;
    private static final int TYPE = 60;
    private static final int CHECKSUM = 64;
    /** Files below the one that is refused: with it, as many as a chain may have. */
    private static final int DEEP_COUNT = 63;

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
        files.put("VHD, of an unknown type", changed(Integer.BYTES, TYPE, 7));
        files.put("VHD, size above 2^63", changed(Long.BYTES, SIZE, Long.MIN_VALUE + 512));
        files.put("VHD, size below 2^63", changed(Long.BYTES, SIZE, Long.MAX_VALUE - 511));
        byte[] large = fixed.clone();
        ByteBuffer.wrap(large).putLong(MIB + SIZE, Long.MAX_VALUE - 511);
        TestVhd.seal(large, MIB, FOOTER, CHECKSUM);
        files.put("VHD, fixed, size below 2^63", large);
        byte[] header = whole().build();
        header[TestVhd.HEADER + 36] ^= 1;
        files.put("VHD, checksum of the header wrong", header);
        files.put("VHD, header behind the end", changed(Long.BYTES, 16, Long.MAX_VALUE - 511));
        TestVhd elsewhere = whole();
        elsewhere.bytes(TestVhd.HEADER + 16).putLong(1L << 40);
        files.put("VHD, table behind the end", elsewhere.build());
        TestVhd shared = whole().block(0, new byte[2 * MIB], 0);
        files.put("VHD, two blocks at one place", shared.entry(1, shared.entry(0)).build());
        files.put("VHD, block on the table", whole().block(0, new byte[2 * MIB], 0).entry(1, 1).build());
        files.put("VHD, parent is the file itself", child(TestVhd.ID, "bad").build());
        files.put("VHD, parents in a circle", child(id(1), "loop1.vhd").build());
        files.put("VHD, too many parents", child(id(101), "deep1.vhd").build());
        files.put("VHD, parent made after its child", child(id(3), "later.vhd").build());
        return files;
    }

    /** What else is in the directory, by the names of files. */
    public static Map<String, byte[]> others() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("there.vhd", whole().build());
        files.put("loop1.vhd", identified(1, child(id(2), "loop2.vhd")));
        files.put("loop2.vhd", identified(2, child(TestVhd.ID, "bad")));
        TestVhd later = child(TestVhd.ID, "bad");
        later.time = 200_000;
        files.put("later.vhd", identified(3, later));
        for (int i = 1; i <= DEEP_COUNT; i++) {
            files.put("deep" + i + ".vhd", identified(100 + i, child(id(101 + i), "deep" + (i + 1) + ".vhd")));
        }
        return files;
    }

    private static TestVhd whole() {
        return TestVhd.dynamic(4 * MIB, 2 * MIB);
    }

    private static UUID id(int number) {
        return new UUID(0x1111_2222_3333_4444L, number);
    }

    private static TestVhd child(UUID parentId, String parent) {
        return TestVhd.differencing(4 * MIB, 2 * MIB).parentId(parentId).parentName(parent)
                .locator(0, "W2ru", ".\\" + parent, 1);
    }

    private static byte[] identified(int number, TestVhd made) {
        made.id = id(number);
        return made.build();
    }

    /** A field of both footers. */
    private static byte[] changed(int length, int at, long value) {
        byte[] bytes = whole().build();
        for (int footer : new int[] {0, bytes.length - FOOTER}) {
            byte[] field = ByteBuffer.allocate(Long.BYTES).putLong(value).array();
            System.arraycopy(field, Long.BYTES - length, bytes, footer + at, length);
            TestVhd.seal(bytes, footer, FOOTER, CHECKSUM);
        }
        return bytes;
    }
}
