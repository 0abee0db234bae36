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
        return files;
    }

    private static byte[] made(boolean child, Consumer<TestVhdx> change) {
        TestVhdx file = new TestVhdx(4 * MIB, MIB, 512, child);
        file.allocate(2 * MIB);
        change.accept(file);
        return file.file.get(0, 8 * MIB);
    }
}
