package io.varve.perf.macro;

import java.util.function.ToDoubleFunction;

/**
 * What is compared, how it is taken from a sample, and its name in the reports. A name ends in its unit.
 *
 * <p>Immutable.
 */
enum Metric {
    IOPS("iops", "IOPS", Sample::iops),
    P50_US("p50Us", "p50 us", sample -> sample.latency().p50Ns() / 1e3),
    P99_US("p99Us", "p99 us", sample -> sample.latency().p99Ns() / 1e3),
    P999_US("p999Us", "p99.9 us", sample -> sample.latency().p999Ns() / 1e3),
    SERVER_CPU_US("serverCpuUsPerIo", "server CPU us", Sample::serverCpuUsPerIo),
    CLIENT_CPU_US("clientCpuUsPerIo", "fio CPU us", Sample::clientCpuUsPerIo),
    SWITCHES("contextSwitchesPerIo", "switches", Sample::switchesPerIo),
    SYSTEM_CALLS("systemCallsPerIo", "syscalls", Sample::systemCallsPerIo),
    ALLOCATED_BYTES("allocatedBytesPerIo", "alloc B", Sample::allocatedBytesPerIo),
    RESIDENT_MIB("residentMib", "RSS MiB", Sample::residentMib);

    final String jsonName;
    final String title;
    private final ToDoubleFunction<Sample> value;

    Metric(String jsonName, String title, ToDoubleFunction<Sample> value) {
        this.jsonName = jsonName;
        this.title = title;
        this.value = value;
    }

    /** Of one run that was made for it, in which nothing else counts; else of the rounds. */
    boolean isCounted() {
        return this == SWITCHES || this == SYSTEM_CALLS || this == ALLOCATED_BYTES;
    }

    double of(Sample sample) {
        return value.applyAsDouble(sample);
    }
}
