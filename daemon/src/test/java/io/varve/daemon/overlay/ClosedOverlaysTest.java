package io.varve.daemon.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.sim.Chooser;
import io.varve.daemon.io.sim.SimCall;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that leave and come back. */
class ClosedOverlaysTest {

    private static final int PAGES = 4;

    private final OverlayHarness harness = new OverlayHarness(new SimFileSpace(), PAGES);
    private final Map<SimCall.Kind, Integer> calls = new EnumMap<>(SimCall.Kind.class);

    @BeforeEach
    void writeAndClose() throws IOException {
        harness.open();
        harness.write(0, 2);
        assertThat(harness.commitNow()).isNull();
        harness.close();
    }

    /** Changes to the disk, from now on. */
    private void count(SimFileSpace disk) {
        calls.clear();
        disk.hook(call -> calls.merge(call.kind(), 1, Integer::sum));
    }

    private long ownerEpoch() throws IOException {
        try (BlockFile meta = harness.disk().open(OverlayHarness.DIRECTORY.resolve("meta"), OpenMode.READ_WRITE)) {
            return MetaFile.read(meta).ownerEpoch();
        }
    }

    @Test
    void shouldWriteAndSyncNothingForAClientThatOnlyReads() throws IOException {
        long epoch = ownerEpoch();
        count(harness.disk());
        for (int i = 0; i < 3; i++) {
            harness.open();
            harness.requireCurrent();
            harness.close();
        }
        // A slot may ask again for space that it has.
        assertThat(calls.keySet()).isSubsetOf(SimCall.Kind.ZERO);
        assertThat(ownerEpoch()).isEqualTo(epoch);
    }

    @Test
    void shouldKeepWhatIsWrittenAfterComingBack() throws IOException {
        harness.open();
        harness.overwrite(3, 2);
        harness.write(2, 1);
        assertThat(harness.commitNow()).isNull();
        harness.restart(harness.disk().crash(Chooser.LOSE_ALL));
        harness.recover();
        harness.requireCurrent();
    }

    @Test
    void shouldSyncAtCloseWhatWasOnlyOverwritten() throws IOException {
        harness.open();
        harness.overwrite(3, 2);
        harness.close();
        harness.restart(harness.disk().crash(Chooser.LOSE_ALL));
        harness.recover();
    }

    @Test
    void shouldBecomeOwnerAnewAfterAnotherProcess() throws IOException {
        OverlayHarness other = new OverlayHarness(harness.disk(), PAGES);
        other.model().adopt(harness.model());
        other.open();
        other.write(3, 1);
        other.close();
        long epoch = ownerEpoch();

        count(harness.disk());
        harness.open();

        assertThat(calls).containsKey(SimCall.Kind.SYNC);
        assertThat(ownerEpoch()).isEqualTo(epoch + 1);
        assertThat(harness.overlay().state(3)).isEqualTo(Overlay.PRESENT);
    }

    /** Somebody has put the files of yesterday in the place of those of today, and they may not be on the disk yet. */
    @Test
    void shouldBecomeOwnerAnewOfAnOlderCopy() throws IOException {
        harness.restart(harness.disk());
        harness.open();
        harness.close();
        Map<String, byte[]> copy = new HashMap<>();
        for (String name : List.of("meta", "data", "map0", "map1", "jrnl")) {
            copy.put(name, bytes(name));
        }
        long epoch = ownerEpoch();
        harness.open();
        harness.write(3, 1);
        harness.close();
        assertThat(ownerEpoch()).as("nobody else came").isEqualTo(epoch);
        for (Map.Entry<String, byte[]> file : copy.entrySet()) {
            restore(file.getKey(), file.getValue());
        }

        count(harness.disk());
        harness.open();

        assertThat(calls.get(SimCall.Kind.SYNC)).isGreaterThanOrEqualTo(3);
        assertThat(ownerEpoch()).isEqualTo(epoch + 1);
        assertThat(harness.overlay().state(3)).isEqualTo(Overlay.ABSENT);
    }

    @Test
    void shouldNotTrustWhatFailed() throws IOException {
        harness.open();
        harness.overwrite(0, 1);
        harness.disk().hook(call -> {
            if (call.kind() == SimCall.Kind.SYNC) {
                throw new IOException("EIO");
            }
        });
        harness.close();
        long epoch = ownerEpoch();
        count(harness.disk());
        harness.open();
        assertThat(ownerEpoch()).isEqualTo(epoch + 1);
    }

    @Test
    void shouldForgetTheLongestClosedFirst() {
        ClosedOverlays closed = new ClosedOverlays();
        for (int i = 0; i < 5000; i++) {
            closed.add(new UUID(0, i), 7, i);
        }
        assertThat(closed.take(new UUID(0, 0), 7)).isEmpty();
        assertThat(closed.take(new UUID(0, 4999), 8)).as("another owner").isEmpty();
        assertThat(closed.take(new UUID(0, 4998), 7)).hasValue(4998);
        assertThat(closed.take(new UUID(0, 4998), 7)).as("taken").isEmpty();
    }

    private byte[] bytes(String name) throws IOException {
        Path path = OverlayHarness.DIRECTORY.resolve(name);
        if (!harness.disk().exists(path)) {
            return null;
        }
        try (BlockFile file = harness.disk().open(path, OpenMode.READ)) {
            byte[] bytes = new byte[(int) file.size()];
            UnsafeBuffer buffer = Buffers.alignedDirect(bytes.length);
            file.read(0, buffer, 0, bytes.length);
            buffer.getBytes(0, bytes);
            return bytes;
        }
    }

    private void restore(String name, byte[] bytes) throws IOException {
        if (bytes == null) {
            return;
        }
        try (BlockFile file = harness.disk().open(OverlayHarness.DIRECTORY.resolve(name), OpenMode.READ_WRITE)) {
            UnsafeBuffer buffer = Buffers.alignedDirect(bytes.length);
            buffer.putBytes(0, bytes);
            file.write(0, buffer, 0, bytes.length);
        }
    }
}
