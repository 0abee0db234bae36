package io.varve.daemon.format.vhdx;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Files that are refused, by the words that the README has for them. Immutable. */
public final class BadVhdxFiles {

    private static final int MIB = 1 << 20;
    private static final int KIB = 1 << 10;
    private static final String UNKNOWN = "01020304-0506-0708-090a-0b0c0d0e0f10";
    private static final String THERE = "11112222-3333-4444-5555-666677778888";

    private BadVhdxFiles() {}

    /** The whole content of each. */
    public static Map<String, byte[]> all() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("VHDX, cut off", Arrays.copyOf(made(false, file -> { }), 300 * KIB));
        files.put("VHDX, checksums wrong", made(false, file -> {
            file.file.put(64 * KIB + 100, (byte) 1);
            file.file.put(128 * KIB + 100, (byte) 1);
        }));
        files.put("VHDX, a region that must be understood", made(false, file -> {
            for (long position : new long[] {192 * KIB, 256 * KIB}) {
                file.regions(position, TestVhdx.region(TestVhdx.BAT, TestVhdx.TABLE, MIB, 1),
                        TestVhdx.region(TestVhdx.META, TestVhdx.METADATA, MIB, 1),
                        TestVhdx.region(UNKNOWN, 5 * MIB, MIB, 1));
            }
        }));
        files.put("VHDX, metadata that must be understood",
                made(false, file -> file.item(UNKNOWN, 4, TestVhdx.le(8))));
        files.put("VHDX, a state that is none", made(false, file -> file.state(0, 4, 0)));
        files.put("VHDX, block behind the end", made(false, file -> file.state(0, 6, 1L << 40)));
        files.put("VHDX, log that is none", made(false, TestVhdx::withLog));
        files.put("VHDX, parent missing", made(true, file -> { }));
        files.put("VHDX, checksums of the region tables wrong", made(false, file -> {
            file.file.put(192 * KIB + 100, (byte) 1);
            file.file.put(256 * KIB + 100, (byte) 1);
        }));
        files.put("VHDX, log that was cut off with the file", made(false, file -> {
            file.withLog();
            new TestLog(5).lengths(9 * MIB, 9 * MIB).zero(5 * MIB, 4 * KIB).write(file, 0, 0);
        }));
        files.put("VHDX, size above 2^63", made(false, file -> file.diskSize(Long.MIN_VALUE + 512)));
        files.put("VHDX, size below 2^63", made(false, file -> file.diskSize(Long.MAX_VALUE - 511)));
        files.put("VHDX, table too small for its disk", made(false, file -> file.diskSize(64L << 40)));
        files.put("VHDX, two blocks at one place", made(false, file -> {
            file.state(0, 6, 5 * MIB);
            file.state(2, 6, 5 * MIB);
        }));
        files.put("VHDX, block on the table", made(false, file -> file.state(0, 6, TestVhdx.TABLE)));
        files.put("VHDX, part of a block without its sector bitmap", made(true, file -> {
            file.parent(THERE, ".\\there.vhdx");
            file.state(0, 7, 5 * MIB);
        }));
        files.put("VHDX, parent changed", made(true, file -> file.parent(UNKNOWN, ".\\there.vhdx")));
        files.put("VHDX, parent is the file itself",
                made(true, file -> file.parent(TestVhdx.DATA_WRITE_GUID, ".\\bad")));
        files.put("VHDX, parents in a circle", made(true, file -> file.parent(id(1), ".\\loop1.vhdx")));
        return files;
    }

    /** What else is in the directory, by the names of files. */
    public static Map<String, byte[]> others() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("there.vhdx", made(false, file -> file.identify(THERE)));
        files.put("loop1.vhdx", made(true, file -> {
            file.identify(id(1));
            file.parent(id(2), ".\\loop2.vhdx");
        }));
        files.put("loop2.vhdx", made(true, file -> {
            file.identify(id(2));
            file.parent(TestVhdx.DATA_WRITE_GUID, ".\\bad");
        }));
        return files;
    }

    private static String id(int number) {
        return "11112222-3333-4444-5555-00000000000" + number;
    }

    private static byte[] made(boolean child, Consumer<TestVhdx> change) {
        TestVhdx file = new TestVhdx(4 * MIB, MIB, 512, child);
        file.allocate(2 * MIB);
        change.accept(file);
        return file.file.get(0, 8 * MIB);
    }
}
