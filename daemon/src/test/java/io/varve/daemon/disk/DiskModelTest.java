package io.varve.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.Pages;
import io.varve.daemon.overlay.MemoryPool;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random requests against an array of bytes. Many are under way at once, the storage is cold at random, and workers
 * finish in any order. Requests that overlap in a byte and are not both reads wait for each other, because nothing is
 * promised about those; requests that share a page do not.
 */
class DiskModelTest {

    private static final int STEPS = 1500;

    @ParameterizedTest
    @ValueSource(ints = {4096 * 64, 4096 * 300 + 1234, 4096 * 5 + 1, 4096, 100, 512})
    void shouldReadWhatWasWritten(int size) throws IOException {
        for (long seed = 0; seed < 8; seed++) {
            run(size, seed, null);
        }
    }

    /** The memory is enough for a part of the disk; what finds none is in the file. */
    @ParameterizedTest
    @ValueSource(ints = {4096 * 300 + 1234, 4096 * 100, 512})
    void shouldReadWhatWasWrittenToMemory(int size) throws IOException {
        for (long seed = 0; seed < 12; seed++) {
            try (MemoryPool pool = new MemoryPool(seed % 3 == 0 ? 2 << 20 : 256 << 10)) {
                run(size, seed, pool);
            }
        }
    }

    private static void run(int size, long seed, MemoryPool pool) throws IOException {
        final Model model = new Model(size, seed * 1000 + size, pool);
        try {
            model.run();
        } catch (final Throwable ex) {
            throw new AssertionError("size " + size + ", seed " + seed, ex);
        }
    }

    private record Pending(long offset, long length, boolean write, TestReply reply, byte[] expected) {

        boolean conflicts(long otherOffset, long otherLength, boolean otherWrite) {
            return (write || otherWrite) && offset < otherOffset + otherLength && otherOffset < offset + length;
        }
    }

    private static final class Model {

        private final Random random;
        private final int size;
        private final byte[] bytes;
        private final DiskFixture fixture;
        private final List<Pending> pending = new ArrayList<>();

        Model(int size, long seed, MemoryPool pool) throws IOException {
            this.random = new Random(seed);
            this.size = size;
            final FakeLayers layers = FakeLayers.random((int) Pages.count(size), random);
            this.bytes = Arrays.copyOf(layers.content(), size);
            this.fixture = new DiskFixture(layers, size, true, pool);
            layers.residency(this::resident);
            fixture.files.residency(this::resident);
        }

        private int resident(int length) {
            return switch (random.nextInt(4)) {
                case 0 -> 0;
                case 1 -> 1 + random.nextInt(length);
                default -> length;
            };
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(5)) {
                    case 0 -> {
                        if (!fixture.demand.isEmpty()) {
                            fixture.runOneTask(random);
                        }
                    }
                    case 1 -> fixture.owner.drain();
                    default -> request();
                }
                check();
                if (step % 50 == 0) {
                    checkStatus();
                }
            }
            finish();
            final TestReply all = fixture.read(0, size);
            fixture.settle();
            assertThat(all.error()).isNull();
            assertThat(all.payload()).isEqualTo(bytes);
            fixture.close();
        }

        private void request() {
            // Many small requests to a few pages, so that edges of one page meet.
            final boolean large = random.nextInt(8) == 0;
            final int offset = random.nextInt(random.nextInt(3) == 0 ? size : Math.min(size, 5 * Pages.PAGE_SIZE));
            int length = 1 + random.nextInt(Math.min(size - offset, large ? 150_000 : 1500));
            if (random.nextInt(20) == 0) {
                length = size - offset; // to the end of the disk
            }
            final int kind = random.nextInt(6);
            final boolean write = kind >= 2;
            while (hasConflict(offset, length, write)) {
                fixture.settle();
                check();
            }
            switch (kind) {
                case 0, 1 -> pending.add(new Pending(
                        offset,
                        length,
                        false,
                        fixture.read(offset, length),
                        Arrays.copyOfRange(bytes, offset, offset + length)));
                case 2, 3 -> {
                    final byte[] data = new byte[length];
                    random.nextBytes(data);
                    add(offset, length, fixture.write(offset, data, flags()));
                    System.arraycopy(data, 0, bytes, offset, length);
                }
                case 4 -> {
                    final int hole = random.nextBoolean() ? NbdProtocol.CMD_FLAG_NO_HOLE : 0;
                    add(offset, length, fixture.zeroes(offset, length, flags() | hole));
                    Arrays.fill(bytes, offset, offset + length, (byte) 0);
                }
                default -> {
                    add(offset, length, fixture.trim(offset, length));
                    final int from = (offset + Pages.PAGE_MASK) & ~Pages.PAGE_MASK;
                    final int to = offset + length == size ? size : (offset + length) & ~Pages.PAGE_MASK;
                    if (from < to) {
                        Arrays.fill(bytes, from, to, (byte) 0);
                    }
                }
            }
        }

        private int flags() {
            return random.nextInt(4) == 0 ? NbdProtocol.CMD_FLAG_FUA : 0;
        }

        private void add(int offset, int length, TestReply reply) {
            pending.add(new Pending(offset, length, true, reply, null));
        }

        private boolean hasConflict(int offset, int length, boolean write) {
            return pending.stream().anyMatch(other -> other.conflicts(offset, length, write));
        }

        private void check() {
            pending.removeIf(request -> {
                if (!request.reply.done()) {
                    assertThat(request.reply.parked()).isTrue();
                    return false;
                }
                assertThat(request.reply.error()).isNull();
                if (request.expected != null && !Arrays.equals(request.reply.payload(), request.expected)) {
                    throw new AssertionError("read of " + request.length + " at " + request.offset + " differs at "
                            + Arrays.mismatch(request.reply.payload(), request.expected));
                }
                return true;
            });
        }

        private void finish() {
            fixture.settle();
            check();
            assertThat(pending).isEmpty();
        }

        /** What is said to be zero is zero, and the answer covers the range it was asked for without a gap. */
        private void checkStatus() {
            finish();
            final int offset = random.nextInt(size);
            final int length = 1 + random.nextInt(size - offset);
            final long[] at = {offset};
            final int[] previous = {-1};
            fixture.disk.blockStatus(0, offset, length, (extentLength, flags) -> {
                assertThat(flags).isIn(0, NbdProtocol.STATE_HOLE | NbdProtocol.STATE_ZERO).isNotEqualTo(previous[0]);
                final int end = Math.toIntExact(at[0] + extentLength);
                for (int i = (int) at[0]; flags != 0 && i < end; i++) {
                    if (bytes[i] != 0) {
                        throw new AssertionError("byte " + i + " is said to be zero");
                    }
                }
                at[0] = end;
                previous[0] = flags;
                return true;
            });
            assertThat(at[0]).isEqualTo(offset + length);
        }
    }
}
