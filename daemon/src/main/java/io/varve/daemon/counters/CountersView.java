package io.varve.daemon.counters;

import java.nio.MappedByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import org.agrona.IoUtil;
import org.agrona.concurrent.status.CountersReader;

/**
 * Counters of another process, read while it counts. A counter that the other process does not know reads as zero.
 *
 * <p>Owned by the thread that opened it.
 */
public final class CountersView implements AutoCloseable {

    private final MappedByteBuffer mapping;
    private final CountersReader reader;
    private final Map<Counter, Integer> counterIds = new EnumMap<>(Counter.class);

    CountersView(MappedByteBuffer mapping, CountersReader reader) {
        this.mapping = mapping;
        this.reader = reader;
        for (final Counter counter : Counter.values()) {
            for (int i = 0; i <= reader.maxCounterId(); i++) {
                if (reader.getCounterState(i) == CountersReader.RECORD_ALLOCATED
                        && reader.getCounterTypeId(i) == counter.id()) {
                    counterIds.put(counter, i);
                    break;
                }
            }
        }
    }

    public long value(Counter counter) {
        final Integer counterId = counterIds.get(counter);
        return counterId == null ? 0 : reader.getCounterValue(counterId);
    }

    /** Everything that the other process counts, also what this version has no name for. */
    public CountersReader reader() {
        return reader;
    }

    /** Nothing may be read afterwards. */
    @Override
    public void close() {
        IoUtil.unmap(mapping);
    }
}
