package io.varve.daemon.format.qcow2;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.format.qcow2.Qcow2Writer.Packing;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class Qcow2WriterTest {

    private static final int CLUSTER = 1 << 16;
    private static final Path FILE = Path.of("/image.qcow2");

    private final SimFileSpace space = new SimFileSpace();

    @ParameterizedTest
    @EnumSource
    void shouldWriteWhatIsReadBack(Packing packing) throws IOException {
        for (long seed = 1; seed <= 8; seed++) {
            Random random = new Random(seed);
            int size = (1 + random.nextInt(6000)) * 512;
            byte[] disk = new byte[size];
            try (BlockFile file = space.open(Path.of("/" + packing + seed), OpenMode.CREATE_NEW);
                    Qcow2Writer writer = new Qcow2Writer(file, size, packing)) {
                writeRandomly(writer, disk, random);
                writer.finish();
                Shown shown = Shown.of(new Qcow2Image(file));
                byte[] absentIsZero = shown.bytes();
                assertThat(absentIsZero).as("seed %d", seed).hasSize(size);
                for (int i = 0; i < size; i++) {
                    if (absentIsZero[i] != disk[i] && !(absentIsZero[i] == Shown.ABSENT && disk[i] == 0)) {
                        throw new AssertionError("seed " + seed + ", byte " + i);
                    }
                }
            }
        }
    }

    @Test
    void shouldWriteTheHeaderLastAndBeNoImageBefore() throws IOException {
        List<SimCall> calls = new ArrayList<>();
        space.hook(calls::add);
        UnsafeBuffer content = new UnsafeBuffer(ByteBuffer.allocateDirect(CLUSTER));
        content.setMemory(0, CLUSTER, (byte) 7);
        try (BlockFile file = space.open(FILE, OpenMode.CREATE_NEW);
                Qcow2Writer writer = new Qcow2Writer(file, 5L << 40, Packing.PLAIN)) {
            writer.write(3L << 40, content, 0, CLUSTER);
            assertThatThrownBy(() -> new Qcow2Image(file)).isInstanceOf(CorruptDataException.class);
            writer.finish();
        }
        List<SimCall> tail = calls.subList(calls.size() - 3, calls.size());
        assertThat(tail).extracting(SimCall::kind)
                .containsExactly(SimCall.Kind.SYNC, SimCall.Kind.WRITE, SimCall.Kind.SYNC);
        assertThat(tail.get(1).position()).isZero();
        assertThat(calls.subList(0, calls.size() - 3)).filteredOn(call -> call.kind() == SimCall.Kind.WRITE)
                .allMatch(call -> call.position() >= CLUSTER);
    }

    @Test
    void shouldKeepZerosNowhere() throws IOException {
        UnsafeBuffer zeros = new UnsafeBuffer(ByteBuffer.allocateDirect(4 * CLUSTER));
        try (BlockFile file = space.open(FILE, OpenMode.CREATE_NEW);
                Qcow2Writer writer = new Qcow2Writer(file, 10 * CLUSTER + 1, Packing.PLAIN)) {
            writer.write(100, zeros, 0, 4 * CLUSTER);
            writer.finish();
            assertThat(Shown.of(new Qcow2Image(file)).pieces()).containsExactly("absent x " + (10 * CLUSTER + 512));
            assertThat(file.size()).isEqualTo(4 * CLUSTER); // Header, L1, table and block of reference counts.
        }
    }

    @Test
    void shouldRefuseToGoBack() throws IOException {
        UnsafeBuffer content = new UnsafeBuffer(ByteBuffer.allocateDirect(1024));
        try (BlockFile file = space.open(FILE, OpenMode.CREATE_NEW);
                Qcow2Writer writer = new Qcow2Writer(file, CLUSTER, Packing.PLAIN)) {
            writer.write(512, content, 0, 512);
            assertThatThrownBy(() -> writer.write(1023, content, 0, 1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writer.write(CLUSTER - 512, content, 0, 1024))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Blocks of counts are written while the file grows, at 2 GiB each; codes lie across the borders. */
    @Test
    void shouldCountWhoUsesEachClusterOfALongFile() throws IOException {
        SparseFile file = new SparseFile();
        RefcountBlocks places = new RefcountBlocks(file);
        int[] counts = new int[80_000];
        Random random = new Random(3);
        places.allocate(1);
        counts[0] = 1;
        long end = 0;
        while (end < 4_500_000_000L) {
            long length = random.nextInt(10) == 0 ? CLUSTER : 1 + random.nextInt(CLUSTER);
            long position = length == CLUSTER ? places.allocate(1) : places.append((int) length);
            assertThat(position).isGreaterThanOrEqualTo(end);
            end = position + length;
            for (long cluster = position / CLUSTER; cluster <= (end - 1) / CLUSTER; cluster++) {
                counts[(int) cluster]++;
            }
        }
        long[] table = places.finish();
        // What the blocks and their table take is counted by nobody else.
        file.places().forEach(position -> counts[(int) (position / CLUSTER)]++);

        UnsafeBuffer entries = file.at(table[0]);
        assertThat(table[1]).isEqualTo(1);
        for (int cluster = 0; cluster < counts.length; cluster++) {
            long block = entries.getLong(cluster / 32768 * 8, BIG_ENDIAN);
            int count = block == 0 ? 0 : file.at(block).getShort(cluster % 32768 * 2, BIG_ENDIAN);
            if (count != counts[cluster]) {
                throw new AssertionError("cluster " + cluster + ": " + count + ", not " + counts[cluster]);
            }
        }
    }

    private static void writeRandomly(Qcow2Writer writer, byte[] disk, Random random) throws IOException {
        UnsafeBuffer source = new UnsafeBuffer(ByteBuffer.allocateDirect(disk.length));
        int offset = 0;
        while (offset < disk.length) {
            int length = Math.min(disk.length - offset, 1 + random.nextInt(5 * CLUSTER));
            switch (random.nextInt(4)) {
                case 0 -> { }
                case 1 -> {
                    byte[] noise = new byte[length];
                    random.nextBytes(noise);
                    System.arraycopy(noise, 0, disk, offset, length);
                }
                default -> Arrays.fill(disk, offset, offset + length, (byte) random.nextInt(3));
            }
            source.putBytes(0, disk, offset, length);
            writer.write(offset, source, 0, length);
            offset += length + (random.nextInt(4) == 0 ? random.nextInt(2 * CLUSTER) : 0);
        }
    }
}
