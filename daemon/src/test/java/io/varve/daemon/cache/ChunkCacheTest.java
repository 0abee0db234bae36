package io.varve.daemon.cache;

import static io.varve.daemon.cache.TestCache.BUDGET_CHUNKS;
import static io.varve.daemon.cache.TestCache.DIRECTORY;
import static io.varve.daemon.cache.TestCache.DISK;
import static io.varve.daemon.cache.TestCache.IDENTITY;
import static io.varve.daemon.cache.TestCache.LAST;
import static io.varve.daemon.cache.TestCache.LIMITS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimFileSpace;
import io.varve.daemon.io.sim.SimHook;
import java.io.IOException;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ChunkCacheTest {

    private final SimFileSpace disk = TestCache.freshDisk();
    private final TestCache test = TestCache.on(disk);
    private final UnsafeBuffer buffer = Buffers.alignedDirect(4 * Chunks.CHUNK_SIZE);

    ChunkCacheTest() throws IOException {}

    @Test
    void shouldHaveNothingAtFirst() throws IOException {
        assertThat(test.readyCount()).isZero();
        assertThat(test.cache.readNow(0, buffer, 0, 4096)).isEqualTo(BlockSource.WOULD_BLOCK);
        assertThat(test.cache.read(0, buffer, 0, 4096)).isFalse();
    }

    @Test
    void shouldReadWhatWasPut() throws IOException {
        assertThat(test.put(3)).isTrue();
        assertThat(test.put(LAST)).isTrue();

        assertThat(test.cache.isReady(3)).isTrue();
        assertThat(test.readsRight(3)).isTrue();
        assertThat(test.readsRight(LAST)).isTrue();
        assertThat(test.cache.read(Chunks.position(3) - 1, buffer, 0, 2)).isFalse();
    }

    @Test
    void shouldReadAnyPartOfAChunk() throws IOException {
        test.put(0, 1);
        for (int position : new int[] {0, 1, 4095, 4096, 5000, Chunks.CHUNK_SIZE - 1, Chunks.CHUNK_SIZE}) {
            for (int length : new int[] {1, 511, 4095, 4096, 4097, 9000}) {
                assertThat(test.cache.read(position, buffer, 100, length)).isTrue();
                DISK.require(position, buffer, 100, length);
                int count = test.cache.readNow(position, buffer, 200, length);
                assertThat(count).isBetween(1, length);
                DISK.require(position, buffer, 200, count);
            }
        }
    }

    @Test
    void shouldNotAnswerMoreThanIsInMemory() throws IOException {
        test.put(0);
        disk.residency(length -> length > 100 ? Math.max(64, length - 4097) : length);

        int count = test.cache.readNow(0, buffer, 0, Chunks.CHUNK_SIZE);

        assertThat(count).isEqualTo(Chunks.CHUNK_SIZE - 2 * Pages.PAGE_SIZE);
        DISK.require(0, buffer, 0, count);
        disk.residency(length -> 0);
        assertThat(test.cache.readNow(0, buffer, 0, 4096)).isEqualTo(BlockSource.WOULD_BLOCK);
        assertThat(test.cache.isReady(0)).isTrue();
    }

    @Test
    void shouldRefuseRangesOutsideTheDisk() {
        long end = Pages.offset(Pages.count(DISK.size()));
        for (long[] range : new long[][] {{-1, 1}, {0, -1}, {end, 1}, {end - 1, 2}, {Long.MAX_VALUE, 1}}) {
            assertThatThrownBy(() -> test.cache.readNow(range[0], buffer, 0, (int) range[1]))
                    .isInstanceOf(IOException.class).hasMessageContaining("not inside");
            assertThatThrownBy(() -> test.cache.read(range[0], buffer, 0, (int) range[1]))
                    .isInstanceOf(IOException.class).hasMessageContaining("not inside");
        }
    }

    @Test
    void shouldKeepWhatItHasOverARestart() throws IOException {
        test.put(2, 5);
        test.cache.close();
        test.reopen();

        assertThat(IntStream.rangeClosed(0, LAST).filter(test.cache::isReady)).containsExactly(2, 3, 4, 5);
        test.requireSound();
        assertThat(disk.openCount()).isEqualTo(4);
        test.cache.close();
        assertThat(disk.openCount()).isZero();
    }

    @Test
    void shouldMakeDurableWithinTheInterval() throws IOException {
        test.put(2);
        assertThat(test.cache.wantsUpkeep()).isFalse();
        test.nowNs.addAndGet(LIMITS.persistIntervalNs());
        assertThat(test.cache.wantsUpkeep()).isTrue();
        test.cache.upkeep();
        assertThat(test.cache.wantsUpkeep()).isFalse();
        test.put(3);

        TestCache after = TestCache.on(disk.crash(Chooser.LOSE_ALL));

        assertThat(after.cache.isReady(2)).isTrue();
        assertThat(after.cache.isReady(3)).isFalse();
        after.requireSound();
    }

    @Test
    void shouldNoticeEveryBadPage() throws IOException {
        for (int page : new int[] {0, 1, 3}) {
            test.put(1);
            damage(disk, "data", Chunks.position(1) + page * 4096L + 77);
            int part = page * 4096 + 100;
            assertThat(test.cache.readNow(Chunks.position(1) + part, buffer, 0, 10))
                    .isEqualTo(BlockSource.WOULD_BLOCK);
            assertThat(test.cache.isReady(1)).isFalse();
            test.put(1);
            damage(disk, "crc", (Chunks.PAGES_PER_CHUNK + page) * 4L + 1);
            assertThat(test.cache.read(Chunks.position(1), buffer, 0, Chunks.CHUNK_SIZE)).isFalse();
            assertThat(test.cache.isReady(1)).isFalse();
        }
        assertThat(test.counters.bad()).isEqualTo(6);
        test.put(1);
        assertThat(test.readsRight(1)).isTrue();
    }

    @Test
    void shouldFetchAgainWhatCannotBeRead() throws IOException {
        test.put(1);
        disk.readHook(call -> {
            throw new IOException("EIO");
        });
        assertThat(test.cache.read(Chunks.position(1), buffer, 0, 512)).isFalse();
        test.put(2);
        disk.readHook(SimHook.NONE);

        assertThat(test.cache.isReady(1)).isFalse();
        assertThat(test.readsRight(2)).isTrue();
        assertThat(test.counters.failures()).isZero();
    }

    @Test
    void shouldRefuseOtherBytesThanTheFirst() throws IOException {
        test.put(1);
        test.cache.upkeep();
        UnsafeBuffer other = DISK.chunk(1);
        other.putByte(100, (byte) ~other.getByte(100));

        assertThatThrownBy(() -> TestCache.put(test.cache, 1, other))
                .isInstanceOf(WrongChunkException.class).hasMessageContaining("when it came first");
        evict(1);
        assertThatThrownBy(() -> TestCache.put(test.cache, 1, other))
                .isInstanceOf(WrongChunkException.class);
        assertThat(test.cache.isReady(1)).isFalse();
        assertThat(test.put(1)).isTrue();
        assertThat(test.counters.wrong()).isEqualTo(2);
    }

    @Test
    void shouldCheckByTheDigestsOfAManifest() throws IOException {
        UnsafeBuffer digests = new UnsafeBuffer(new byte[2 * Sha256.LENGTH]);
        digests.putBytes(0, digest(LAST - 1));
        digests.putBytes(Sha256.LENGTH, digest(LAST));
        test.cache.giveDigests(LAST - 1, digests, 0, 2);
        TestCache after = TestCache.on(disk.crash(Chooser.LOSE_ALL));
        UnsafeBuffer wrong = Buffers.alignedDirect(Chunks.length(LAST, DISK.size()));

        assertThatThrownBy(() -> TestCache.put(after.cache, LAST, wrong))
                .isInstanceOf(WrongChunkException.class).hasMessageContaining("manifest");
        assertThat(after.put(LAST)).isTrue();
    }

    @Test
    void shouldForgetWhatAManifestContradicts() throws IOException {
        test.put(0, 1);
        test.cache.upkeep();
        UnsafeBuffer digests = new UnsafeBuffer(new byte[2 * Sha256.LENGTH]);
        digests.putBytes(0, digest(0));

        test.cache.giveDigests(0, digests, 0, 2);

        assertThat(test.cache.isReady(0)).isTrue();
        assertThat(test.cache.isReady(1)).isFalse();
        assertThat(TestCache.on(disk.crash(Chooser.LOSE_ALL)).cache.isReady(1)).isFalse();
    }

    private static byte[] digest(int chunk) {
        byte[] bytes = new byte[TestCache.chunk(chunk).capacity()];
        TestCache.chunk(chunk).getBytes(0, bytes);
        return Sha256.digest().digest(bytes);
    }

    @Test
    void shouldStayWithinItsBudget() throws IOException {
        for (int round = 0; round < 3; round++) {
            for (int chunk = 0; chunk <= LAST; chunk++) {
                test.put(chunk);
                if (test.cache.wantsUpkeep()) {
                    test.cache.upkeep();
                }
                assertThat(test.readyCount()).isLessThanOrEqualTo(BUDGET_CHUNKS);
                assertThat(disk.allocatedPages()).isLessThanOrEqualTo(BUDGET_CHUNKS * Chunks.PAGES_PER_CHUNK + 6);
                assertThat(test.readsRight(chunk)).isTrue();
            }
        }
        assertThat(test.counters.declined()).isZero();
        assertThat(test.counters.evicted()).isGreaterThan(20);
    }

    @Test
    void shouldKeepNothingNewWithoutRoom() throws IOException {
        test.put(0, BUDGET_CHUNKS - 1);

        assertThat(test.cache.hasRoom()).isFalse();
        assertThat(test.put(BUDGET_CHUNKS)).isFalse();
        test.cache.upkeep();
        assertThat(test.cache.hasRoom()).isTrue();
        assertThat(test.put(BUDGET_CHUNKS)).isTrue();
    }

    @Test
    void shouldEvictWhatNobodyReads() throws IOException {
        test.put(0, BUDGET_CHUNKS - 1);
        test.cache.upkeep(); // takes the mark of all, then one
        test.put(6);
        test.readsRight(1);
        test.readsRight(2);
        test.readsRight(4);
        test.cache.upkeep();

        assertThat(IntStream.rangeClosed(0, LAST).filter(test.cache::isReady)).contains(1, 2, 4).doesNotContain(3);
    }

    @Test
    void shouldNotEvictWhatIsPinned() throws IOException {
        test.put(0, BUDGET_CHUNKS - 1);
        test.cache.pin(0, BUDGET_CHUNKS);
        test.cache.upkeep();
        assertThat(test.readyCount()).isEqualTo(BUDGET_CHUNKS);

        test.cache.unpin(3, 1);
        test.cache.upkeep();
        assertThat(IntStream.rangeClosed(0, LAST).filter(test.cache::isReady)).containsExactly(0, 1, 2, 4);
    }

    @Test
    void shouldNotPunchUnderAReader() throws IOException {
        test.put(0, BUDGET_CHUNKS - 1);
        test.cache.upkeep();
        test.put(BUDGET_CHUNKS);
        test.cache.pin(0, 3);
        test.cache.pin(4, 2);
        assertThat(test.cache.isReady(3)).isTrue();
        disk.readHook(call -> {
            if (call.path().endsWith("data")) {
                disk.readHook(SimHook.NONE);
                test.cache.upkeep();
                assertThat(test.cache.isReady(3)).isFalse();
            }
        });

        assertThat(test.readsRight(3)).isTrue();
        assertThat(test.counters.bad()).isZero();
        long before = disk.allocatedPages();
        test.cache.upkeep();
        assertThat(disk.allocatedPages()).isEqualTo(before - Chunks.PAGES_PER_CHUNK);
    }

    @Test
    void shouldGiveBackSpaceThatACrashLeft() throws IOException {
        test.put(0, 3);
        TestCache after = TestCache.on(disk.crash(Chooser.KEEP_ALL));
        assertThat(after.readyCount()).isZero();
        assertThat(after.disk.allocatedPages()).isGreaterThan(4 * Chunks.PAGES_PER_CHUNK);

        after.cache.upkeep();

        assertThat(after.disk.allocatedPages()).isLessThan(8);
        assertThat(after.cache.hasRoom()).isTrue();
    }

    @Test
    void shouldRefuseTheCacheOfAnotherDisk() throws IOException {
        test.put(1);
        test.cache.close();
        assertThatThrownBy(() -> ChunkCache.open(disk, DIRECTORY, DISK.size(), "other", LIMITS, test.counters))
                .isInstanceOf(OtherDiskException.class).hasMessageContaining("other").hasMessageContaining("ready");
        assertThatThrownBy(() -> ChunkCache.open(disk, DIRECTORY, DISK.size() + 1, IDENTITY, LIMITS, test.counters))
                .isInstanceOf(OtherDiskException.class);
        assertThat(disk.openCount()).isZero();
        test.reopen();
        assertThat(test.readsRight(1)).isTrue();
    }

    @Test
    void shouldRefuseALaterVersion() throws IOException {
        test.cache.close();
        try (BlockFile ready = disk.open(DIRECTORY.resolve("ready"), OpenMode.READ_WRITE)) {
            ready.read(0, buffer, 0, 4096);
            buffer.putInt(8, ReadyHeader.VERSION + 1);
            buffer.putInt(4092, Crc32c.of(buffer, 0, 4092));
            ready.write(0, buffer, 0, 4096);
        }
        assertThatThrownBy(test::reopen).isInstanceOf(FormatVersionException.class);
        assertThat(disk.openCount()).isZero();
    }

    @Test
    void shouldBeginAgainAfterAnEarlierVersion() throws IOException {
        test.put(1);
        test.cache.close();
        try (BlockFile ready = disk.open(DIRECTORY.resolve("ready"), OpenMode.READ_WRITE)) {
            ready.read(0, buffer, 0, 4096);
            buffer.putInt(8, 1);
            buffer.putInt(12, 65_536);
            buffer.putInt(4092, Crc32c.of(buffer, 0, 4092));
            ready.write(0, buffer, 0, 4096);
            ready.truncate(8192);
        }
        test.reopen();
        assertThat(test.readyCount()).isZero();
        assertThat(test.put(1)).isTrue();
        test.cache.close();
        test.reopen();
        assertThat(test.readsRight(1)).isTrue();
    }

    @Test
    void shouldReadAClusterAtOnce() throws IOException {
        test.put(2, 6);
        int size = Chunks.CHUNK_SIZE;
        assertThat(test.cache.readNow(Chunks.position(2) + 512, buffer, 0, 3 * size)).isEqualTo(2 * size - 512);
        assertThat(test.cache.readNow(Chunks.position(4), buffer, 0, 4 * size)).isEqualTo(3 * size);
        DISK.require(Chunks.position(4), buffer, 0, 3 * size);
        assertThat(test.cache.readSome(Chunks.position(2) + 5, buffer, 0, 4 * size)).isEqualTo(4 * size);
        DISK.require(Chunks.position(2) + 5, buffer, 0, 4 * size);
        assertThat(test.cache.readSome(Chunks.position(5), buffer, 0, 3 * size)).isEqualTo(2 * size);
        assertThat(test.cache.readSome(Chunks.position(1), buffer, 0, 3 * size)).isZero();
    }

    @Test
    void shouldLoseOnlyTheBadChunkOfACluster() throws IOException {
        test.put(4, 7);
        damage(disk, "data", Chunks.position(6) + 77);

        assertThat(test.cache.readNow(Chunks.position(5), buffer, 0, 2 * Chunks.CHUNK_SIZE))
                .isEqualTo(Chunks.CHUNK_SIZE);
        DISK.require(Chunks.position(5), buffer, 0, Chunks.CHUNK_SIZE);
        assertThat(test.cache.readSome(Chunks.position(4), buffer, 0, 4 * Chunks.CHUNK_SIZE))
                .isBetween(Chunks.CHUNK_SIZE, 2 * Chunks.CHUNK_SIZE);
        assertThat(test.cache.readNow(Chunks.position(6), buffer, 0, 10)).isEqualTo(BlockSource.WOULD_BLOCK);

        assertThat(IntStream.rangeClosed(0, LAST).filter(test.cache::isReady)).containsExactly(4, 5, 7);
        assertThat(test.counters.bad()).isEqualTo(1);
    }

    @Test
    void shouldWriteTogetherWhatComesTogether() throws IOException {
        test.put(3);
        long before = disk.callCount();
        test.put(1, 5);
        // What is here already parts the others: two times pages, checksums, digests.
        assertThat(disk.callCount() - before).isEqualTo(6);
        assertThat(IntStream.rangeClosed(0, LAST).filter(test.cache::isReady)).containsExactly(1, 2, 3, 4, 5);
        test.requireSound();
    }

    @Test
    void shouldKeepWhatComesBesideAWrongChunk() throws IOException {
        test.put(2);
        test.cache.upkeep();
        evict(2);
        UnsafeBuffer bytes = Buffers.alignedDirect(3 * Chunks.CHUNK_SIZE);
        DISK.fill(Chunks.position(1), bytes, 0, bytes.capacity());
        bytes.putByte(Chunks.CHUNK_SIZE + 7, (byte) ~bytes.getByte(Chunks.CHUNK_SIZE + 7));

        assertThat(test.cache.put(1, bytes, 0, bytes.capacity())).extracting(WrongChunkException::chunk)
                .containsExactly(2);
        assertThat(test.cache.isReady(2)).isFalse();
        test.requireSound();
    }

    @Test
    void shouldNeverBelieveADamagedBitmap() throws IOException {
        for (int position = 0; position < 8192; position += 397) {
            SimFileSpace image = TestCache.freshDisk();
            TestCache hurt = TestCache.on(image);
            hurt.put(0, 3);
            hurt.cache.close();
            damage(image, "ready", position);
            hurt.reopen();

            assertThat(hurt.readyCount()).as("byte " + position).isZero();
            hurt.put(2);
            assertThat(hurt.readsRight(2)).isTrue();
            hurt.cache.close();
            hurt.reopen();
            hurt.requireSound();
            assertThat(hurt.cache.isReady(2)).isTrue();
        }
    }

    @Test
    void shouldBeginAgainWhereAFileIsMissingOrShort() throws IOException {
        for (String name : new String[] {"data", "crc", "digests", "ready"}) {
            test.put(1);
            test.cache.close();
            disk.delete(DIRECTORY.resolve(name));
            test.reopen();
            assertThat(test.readyCount()).as(name).isZero();
            test.put(1);
            test.cache.close();
            try (BlockFile file = disk.open(DIRECTORY.resolve(name), OpenMode.READ_WRITE)) {
                file.truncate(file.size() - 1);
            }
            test.reopen();
            assertThat(test.readyCount()).as(name).isZero();
        }
    }

    @Test
    void shouldGoOnWithoutWritesWhenTheDiskIsFull() throws IOException {
        test.put(1);
        disk.limitSpace(disk.allocatedPages() + 3);

        assertThat(test.put(2)).isFalse();
        assertThat(test.put(3)).isFalse();
        assertThat(test.readsRight(1)).isTrue();
        assertThat(test.cache.hasRoom()).isFalse();
        assertThat(test.counters.failures()).isEqualTo(1);
        long calls = disk.callCount();
        test.cache.close();
        assertThat(disk.callCount()).isEqualTo(calls);
        disk.limitSpace(Long.MAX_VALUE);
        test.reopen();
        test.requireSound();
        assertThat(test.put(2)).isTrue();
    }

    @Test
    void shouldHaveNothingAfterAFailedSync() throws IOException {
        test.put(1);
        test.cache.upkeep();
        test.put(2);
        disk.hook(call -> {
            if (call.kind() == SimCall.Kind.SYNC) {
                throw new IOException("EIO");
            }
        });
        test.cache.upkeep();
        disk.hook(SimHook.NONE);

        assertThat(test.readyCount()).isZero();
        assertThat(test.readsRight(1)).isFalse();
        assertThat(test.put(2)).isFalse();
        long calls = disk.callCount();
        test.cache.close();
        assertThat(disk.callCount()).isEqualTo(calls);
        test.reopen();
        assertThat(test.readyCount()).isZero();
        assertThat(test.put(1)).isTrue();
    }

    @Test
    void shouldBeOffWhereItCannotBeOpened() throws IOException {
        SimFileSpace full = TestCache.freshDisk();
        full.limitSpace(0);
        TestCache off = TestCache.on(full);

        assertThat(off.put(1)).isFalse();
        assertThat(off.cache.isReady(1)).isFalse();
        assertThat(off.cache.wantsUpkeep()).isFalse();
        off.cache.upkeep();
        off.cache.pin(0, 1);
        off.cache.unpin(0, 1);
        assertThat(off.counters.failures()).isEqualTo(1);
        assertThatThrownBy(() -> off.cache.giveDigests(0, buffer, 0, 1)).hasMessageContaining("off");
        off.cache.close();
        assertThat(full.openCount()).isZero();
    }

    @Test
    void shouldRefuseChunksOfAWrongLength() {
        assertThatThrownBy(() -> test.cache.put(LAST, buffer, 0, Chunks.CHUNK_SIZE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CacheLimits(3 * Chunks.CHUNK_SIZE, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ReadyHeader(Chunks.MAX_DISK_SIZE + 1, ""))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Makes the chunk go, and nothing else. */
    private void evict(int chunk) throws IOException {
        test.cache.pin(0, LAST + 1);
        test.cache.unpin(chunk, 1);
        for (int other = 0; test.cache.hasRoom(); other++) {
            test.put(other);
        }
        test.cache.upkeep();
        assertThat(test.cache.isReady(chunk)).isFalse();
        test.cache.unpin(0, LAST + 1);
    }

    private void damage(SimFileSpace space, String name, long position) throws IOException {
        try (BlockFile file = space.open(DIRECTORY.resolve(name), OpenMode.READ_WRITE)) {
            file.read(position, buffer, 0, 1);
            buffer.putByte(0, (byte) (buffer.getByte(0) ^ 0x10));
            file.write(position, buffer, 0, 1);
        }
    }
}
