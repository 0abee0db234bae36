package io.varve.daemon.format.vhdx;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.format.ParentChainContract;
import io.varve.daemon.transfer.SourceFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;

class VhdxChainTest extends ParentChainContract {

    private static final int BLOCK = TestVhdx.MIB;
    private static final int SIZE = 3 * BLOCK + 5 * 512;

    VhdxChainTest() {
        super(SourceFormat.VHDX, SIZE, BLOCK);
    }

    /** As long as the one that {@link TestVhdx} writes. */
    @Override
    protected String name(int level) {
        return "000" + level + ".vhdx";
    }

    @Override
    protected void write(Path file, int level, List<Integer> blocks, Random random) throws IOException {
        TestVhdx vhdx = new TestVhdx(SIZE, BLOCK, 512, level > 0);
        vhdx.header(64 * 1024, 6, id(level).toString(), TestVhdx.NO_GUID);
        vhdx.header(128 * 1024, 7, id(level).toString(), TestVhdx.NO_GUID);
        if (level > 0) {
            replace(vhdx, TestVhdx.PARENT_GUID.toUpperCase(Locale.ROOT), id(level - 1).toString());
            replace(vhdx, ".\\base.vhdx", ".\\" + name(level - 1));
        }
        for (int block : blocks) {
            byte[] data = new byte[BLOCK];
            random.nextBytes(data);
            boolean full = level == 0 || random.nextInt(4) == 0;
            long position = full ? vhdx.full(block) : vhdx.partial(block);
            vhdx.file.put(position, data);
            for (int sector = 0; sector < BLOCK / 512; sector++) {
                if (full || random.nextInt(4) == 0) {
                    if (!full) {
                        vhdx.own(block, sector);
                    }
                    put(block, sector, data);
                }
            }
        }
        Files.write(file, vhdx.file.get(0, (int) vhdx.file.size()));
    }

    /** Of the same length, in the locator. */
    private static void replace(TestVhdx vhdx, String old, String wanted) {
        byte[] metadata = vhdx.file.get(TestVhdx.METADATA, TestVhdx.MIB);
        String text = new String(metadata, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(new String(old.getBytes(StandardCharsets.UTF_16LE), StandardCharsets.ISO_8859_1));
        assertThat(at).isPositive();
        vhdx.file.put(TestVhdx.METADATA + at, wanted.getBytes(StandardCharsets.UTF_16LE));
    }
}
