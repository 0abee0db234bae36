package io.varve.daemon.cli;

import com.sun.management.OperatingSystemMXBean;
import io.varve.daemon.io.Pages;
import io.varve.daemon.serve.ListenAddress;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.OverlayMode;
import io.varve.daemon.store.OverlayPolicy;
import io.varve.daemon.store.UpkeepPolicy;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Runs the daemon until it is told to stop. Owned by the thread that runs the command. */
@Command(name = "serve", description = "Serve images over NBD, until SIGTERM or Ctrl-C.",
        footer = {"",
            "Exports are named IMAGE[:TAG][@CLIENT]. A named client has an overlay of its own, which is kept."})
final class ServeCommand extends StoreCommand {

    private static final int MAX_AGENTS = 64;

    @Parameters(arity = "0..*", paramLabel = "IMAGE",
            description = "What to serve (default: every image of the store).")
    private List<ImageName> images = new ArrayList<>();

    @Option(names = "--listen", paramLabel = "URI",
            description = "unix:///path or tcp://host:port; may be repeated; port 0 lets the system choose "
                    + "(default: varve.sock in the store, and tcp://127.0.0.1:10809).")
    private List<ListenAddress> listeners = new ArrayList<>();

    @Option(names = "--overlay", paramLabel = "MODE", defaultValue = "persistent",
            description = "What happens to writes: persistent (a named client's are kept), reset-on-boot (kept until "
                    + "the client comes back, which then starts from the image), ephemeral (gone when the client "
                    + "leaves), memory (the same, in memory), none (exports are read-only) "
                    + "(default: ${DEFAULT-VALUE}).")
    private OverlayMode overlayMode;

    @Option(names = "--quota", paramLabel = "SIZE", converter = SizeConverter.class, defaultValue = "0",
            description = "Bytes of pages that one overlay may hold, such as 20G; a write that needs more fails with "
                    + "ENOSPC (default: no limit).")
    private long quotaLength;

    @Option(names = "--memory", paramLabel = "SIZE", converter = SizeConverter.class,
            description = "With --overlay memory, what all overlays together may have before they go on in files "
                    + "(default: a quarter of the machine's).")
    private Long memoryLength;

    @Option(names = "--agents", paramLabel = "N", description = "Threads that serve connections, 1 to " + MAX_AGENTS
            + " (default: one per processor).")
    private Integer agentCount;

    @Option(names = "--scrub-rate", paramLabel = "BYTES", defaultValue = "1M", converter = SizeConverter.class,
            description = "Bytes per second at which the whole store is read and verified in the background, as in "
                    + "500K or 20M; 0 turns it off (default: ${DEFAULT-VALUE}).")
    private long scrubRate;

    @Option(names = "--max-layers", paramLabel = "N", defaultValue = "16",
            description = "Chains of more layers are merged in the background, 0: never (default: ${DEFAULT-VALUE}).")
    private int maxLayerCount;

    @Option(names = "--copy-rate", paramLabel = "BYTES", defaultValue = "50M", converter = SizeConverter.class,
            description = "Bytes per second at which pages are copied in the background, after snapshots; 0: no limit "
                    + "(default: ${DEFAULT-VALUE}).")
    private long copyRate;

    @Override
    public Integer call() throws IOException {
        if (agentCount != null && (agentCount < 1 || agentCount > MAX_AGENTS)) {
            throw new ParameterException(
                    spec().commandLine(), "--agents is 1 to " + MAX_AGENTS + ", not " + agentCount);
        }
        requireSensibleLimits();
        Logging.tellMore();
        RunningDaemon daemon = surroundings().services().startDaemon(storePath(), new ServeSettings(
                images, listeners, policy(), agentCount == null ? 0 : agentCount,
                new UpkeepPolicy(scrubRate, maxLayerCount, copyRate)));
        StopSignal stop = StopSignal.install(() -> {
            daemon.close();
            return DONE;
        }, surroundings());
        List<String> exports = daemon.exports();
        String export = exports.size() == 1 ? exports.get(0) : "";
        for (String address : daemon.addresses()) {
            print("varve: listening on " + NbdUri.of(address, export));
        }
        surroundings().out().flush();
        stop.await();
        return DONE;
    }

    private void requireSensibleLimits() {
        if (maxLayerCount < 0) {
            throw new ParameterException(spec().commandLine(), "--max-layers is 0 or more, not " + maxLayerCount);
        }
        if (quotaLength > 0 && quotaLength < Pages.PAGE_SIZE) {
            throw new ParameterException(spec().commandLine(), "--quota is at least a page, " + Pages.PAGE_SIZE
                    + " bytes, not " + quotaLength);
        }
        if (memoryLength != null && overlayMode != OverlayMode.MEMORY) {
            throw new ParameterException(spec().commandLine(), "--memory is for --overlay memory alone");
        }
        if (memoryLength != null && memoryLength < OverlayPolicy.MIN_MEMORY_LENGTH) {
            throw new ParameterException(spec().commandLine(), "--memory is at least "
                    + Units.bytes(OverlayPolicy.MIN_MEMORY_LENGTH) + ", not " + memoryLength);
        }
    }

    private OverlayPolicy policy() {
        long memory = memoryLength != null ? memoryLength
                : overlayMode == OverlayMode.MEMORY ? quarterOfMemory() : OverlayPolicy.MIN_MEMORY_LENGTH;
        return new OverlayPolicy(overlayMode, quotaLength, memory);
    }

    /** Of the machine, or of the container. */
    private static long quarterOfMemory() {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return Math.max(OverlayPolicy.MIN_MEMORY_LENGTH, system.getTotalMemorySize() / 4);
    }
}
