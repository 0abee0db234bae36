/**
 * Side by side: Varve and other NBD servers, driven by the same client over the same kind of socket, in one run.
 *
 * <pre>
 *   Compare (arguments)
 *      |
 *   Workbench  one temporary directory: the raw file, the store, sockets, logs; removed at the end
 *      |
 *   Contender  Varve, its peers, the limit; each a process of its own for each Place, started once per run
 *      |
 *   Rounds     warm-up; round r: for each Workload: for each Contender in rotating order: Fio -> Sample; counting;
 *      |      all that once for what is warm, and again for what is cold
 *      |
 *   Probe      start to first reply, idle connections, a cold neighbour: with servers of their own -> Finding
 *      |
 *   Measurements, Findings -> TextReport (medians, spread, ratios, Targets), JsonReport, HtmlReport
 * </pre>
 *
 * <p>A workload is one line in {@link io.varve.perf.macro.Workloads}, a server one subclass of
 * {@link io.varve.perf.macro.ProcessServer} and one constant of {@link io.varve.perf.macro.Contender}, which says what
 * it serves: it is left out where it says nothing that another workload does not say. A bar is one line in
 * {@link io.varve.perf.macro.Targets}, a report one class that reads {@link io.varve.perf.macro.Measurements}.
 *
 * <p>Two further runs use the same bench: {@link io.varve.perf.macro.ImportRace} (import against {@code qemu-img
 * convert}) and {@link io.varve.perf.macro.AllocationProbe} (bytes allocated per request in steady state).
 *
 * <p>{@code --quick} runs what the bars need, on a smaller disk, and does not count.
 *
 * <p>The flushed workloads compare Varve with {@link io.varve.perf.macro.QemuNbdQcow2}: both have an overlay over the
 * same raw data, empty at the start of a run with fresh pages. At depth 32 fio sends a flush behind each write of such
 * a batch, not one in all.
 *
 * <p>{@link io.varve.perf.macro.RecoveryProbe} ({@code --recovery}) and {@link io.varve.perf.macro.SnapshotProbe}
 * ({@code --snapshot}) time what must not grow with the disk; they have no peer.
 *
 * <p>Design note: rounds are interleaved and the order of the servers rotates, because a shared machine drifts within
 * minutes: only what ran side by side may be divided. A ratio is the ratio of the medians; beside it stand the lowest
 * and the highest ratio of a single round, because that span says how far to trust it.
 *
 * <p>Design note: system calls, context switches and allocated bytes are counted in runs of their own, because counting
 * costs the server time; see {@link io.varve.perf.macro.KernelCounter} and
 * {@link io.varve.perf.macro.ThreadAllocations}. Latencies of those runs are thrown away.
 *
 * <p>Design note: the bar for a warm client beside a cold one is on a client that asks for half of what it can have,
 * because one that takes all of the machine loses to any neighbour, for its processor time alone; see
 * {@link io.varve.perf.macro.NeighbourProbe}, which shows the plain figures too.
 *
 * <p>Design note: what is warm is locked in memory, because some kernels page out what is read all the time; see
 * {@link io.varve.perf.macro.LockedFiles}.
 *
 * <p>Design note: the file is random data, because a server that finds zeros or holes answers without reading.
 *
 * <p>Design note: dirty pages are written back between the runs, uncounted, because otherwise one server pays for the
 * writes of the one before it.
 *
 * <p>Design note: the limit is a server in C that does no work, because a ratio to a peer says little where sockets and
 * client cost more than any server: then the distance to the limit is what is left to win.
 *
 * <p>Design note: fio runs without its map of blocks already visited ({@code norandommap}), because on two cores the
 * client costs about as much as the server, and the map is a cost that says nothing about either. It forks its
 * job (no {@code --thread}), keeps all clocks, and submits one request at a time, as a guest does.
 *
 * <p>Design note: the CPU time of a server is utime + stime of its process from {@code /proc/PID/stat}, which includes
 * threads that ended in between and is counted by the scheduler, not sampled.
 */
package io.varve.perf.macro;
