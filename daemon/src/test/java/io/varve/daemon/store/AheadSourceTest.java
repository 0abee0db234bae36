package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.SourceRange;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class AheadSourceTest {

    private final List<String> asked = new ArrayList<>();
    private final UnsafeBuffer buffer = Buffers.alignedDirect(8192);
    private IOException failure;

    private final BlockSource source = new AheadSource(new BlockSource() {
        @Override
        public int readNow(long position, MutableDirectBuffer destination, int index, int length) {
            asked.add("now " + position);
            return WOULD_BLOCK;
        }

        @Override
        public void read(long position, MutableDirectBuffer destination, int index, int length) {
            asked.add("read " + position + " to " + index + ", " + length);
        }

        @Override
        public boolean prefetch(List<SourceRange> ranges) throws IOException {
            asked.add("ahead " + ranges.get(0).position() + ", " + ranges.get(0).length());
            if (failure != null) {
                throw failure;
            }
            return true;
        }
    });

    @Test
    void shouldBringNearWhatItReads() throws IOException {
        source.read(4096, buffer, 100, 8000);
        assertThat(asked).containsExactly("ahead 4096, 8000", "read 4096 to 100, 8000");
        assertThat(source.readNow(0, buffer, 0, 1)).isEqualTo(BlockSource.WOULD_BLOCK);
    }

    @Test
    void shouldReadAsAClientWhatDoesNotComeAhead() throws IOException {
        failure = new IOException("no");
        source.read(0, buffer, 0, 1);
        assertThat(asked).containsExactly("ahead 0, 1", "read 0 to 0, 1");
    }

    @Test
    void shouldEndWhenItIsInterrupted() {
        failure = new InterruptedIOException("now");
        assertThatThrownBy(() -> source.read(0, buffer, 0, 1)).isSameAs(failure);
        assertThat(asked).containsExactly("ahead 0, 1");
    }
}
