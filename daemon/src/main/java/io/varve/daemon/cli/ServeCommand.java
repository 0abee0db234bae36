package io.varve.daemon.cli;

import io.varve.daemon.io.Pages;
import io.varve.daemon.serve.ListenAddress;
import io.varve.daemon.serve.TlsSettings;
import io.varve.daemon.store.ImageLink;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.OverlayMode;
import io.varve.daemon.store.OverlayPolicy;
import io.varve.nbd.negotiate.TlsMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
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

    @Option(names = "--image-file", paramLabel = "[NAME=]FILE",
            description = "Serve an image file where it is (raw, qcow2, vhd, vhdx, with its parents); nobody may "
                    + "change it meanwhile. NAME: what it is called (default: that of the file). May be repeated.")
    private List<String> imageFiles = new ArrayList<>();

    @Option(names = "--image-format", paramLabel = "FORMAT", defaultValue = "auto",
            description = "Of the image files: auto, raw, qcow2, vhd or vhdx (default: ${DEFAULT-VALUE}).")
    private String imageFormat;

    @Option(names = "--parent-dir", paramLabel = "DIR",
            description = "Parents of image files may lie below it (default: below the file's directory). May be "
                    + "repeated.")
    private List<Path> parentDirectories = new ArrayList<>();

    @Option(names = "--import", description = "Import the image files in the background, while they are served.")
    private boolean importFiles;

    @Option(names = "--listen", paramLabel = "URI",
            description = "unix:///path or tcp://host:port; may be repeated; port 0 lets the system choose "
                    + "(default: the sockets that systemd passes, else varve.sock in the store and "
                    + "tcp://127.0.0.1:10809).")
    private List<ListenAddress> listeners = new ArrayList<>();

    @Option(names = "--config", paramLabel = "FILE",
            description = "What is served, where, and to whom. --store, --listen, --agents, --scrub-rate, --max-layers "
                    + "and --copy-rate win over the file, also when it is read again.")
    private Path config;

    @Option(names = "--check", description = "With --config: say what is wrong with the file, and start nothing.")
    private boolean check;

    @Option(names = "--overlay", paramLabel = "MODE",
            description = "What happens to writes: persistent (a named client's are kept), reset-on-boot (kept until "
                    + "the client comes back, which then starts from the image), ephemeral (gone when the client "
                    + "leaves), memory (the same, in memory), none (exports are read-only) "
                    + "(default: persistent).")
    private OverlayMode overlayMode;

    @Option(names = "--quota", paramLabel = "SIZE", converter = SizeConverter.class,
            description = "Bytes of pages that one overlay may hold, such as 20G; a write that needs more fails with "
                    + "ENOSPC (default: no limit).")
    private Long quotaLength;

    @Option(names = "--memory", paramLabel = "SIZE", converter = SizeConverter.class,
            description = "With --overlay memory, what all overlays together may have before they go on in files "
                    + "(default: a quarter of the machine's).")
    private Long memoryLength;

    @Option(names = "--agents", paramLabel = "N", description = "Threads that serve connections, 1 to " + MAX_AGENTS
            + " (default: one per processor).")
    private Integer agentCount;

    @Option(names = "--scrub-rate", paramLabel = "BYTES", converter = SizeConverter.class,
            description = "Bytes per second at which the whole store is read and verified in the background, as in "
                    + "500K or 20M; 0 turns it off (default: 1M).")
    private Long scrubRate;

    @Option(names = "--max-layers", paramLabel = "N",
            description = "Chains of more layers are merged in the background, 0: never (default: 16).")
    private Integer maxLayerCount;

    @Option(names = "--copy-rate", paramLabel = "BYTES", converter = SizeConverter.class,
            description = "Bytes per second at which pages are copied in the background, after snapshots; 0: no limit "
                    + "(default: 50M).")
    private Long copyRate;

    @Option(names = "--tls", paramLabel = "MODE", defaultValue = "off",
            description = "off; on: clients may encrypt; require: clients must (default: ${DEFAULT-VALUE}).")
    private TlsMode tlsMode;

    @Option(names = "--tls-certificates", paramLabel = "DIR",
            description = "Has server-cert.pem, server-key.pem and ca-cert.pem; what is renewed there holds for the "
                    + "next connection.")
    private Path tlsCertificates;

    @Option(names = "--tls-psk", paramLabel = "FILE",
            description = "Pre-shared keys instead of certificates, or beside them: a line user:hexadecimal-key for "
                    + "each client.")
    private Path tlsPsk;

    @Option(names = "--tls-verify-peer",
            description = "Clients must show a certificate that the authority of ca-cert.pem has signed, or have a "
                    + "pre-shared key.")
    private boolean tlsVerifyPeer;

    @Override
    public Integer call() throws IOException {
        requireSensibleLimits();
        requireSensibleConfig();
        Path store = storePath();
        if (config != null) {
            ConfigReport report = surroundings().services().checkConfig(config);
            if (!report.mistakes().isEmpty()) {
                report.mistakes().forEach(mistake -> surroundings().err().println("varve: " + mistake));
                return FAILED;
            }
            store = storeIsGiven() ? store : report.store().orElse(store);
        }
        if (check) {
            print("ok");
            return DONE;
        }
        listeners.addAll(0, SocketActivation.listeners(
                surroundings().environment(), ProcessHandle.current().pid()));
        Logging.tellMore();
        Path startedStore = store;
        serve(() -> surroundings().services().startDaemon(startedStore, new ServeSettings(
                new Offer(images, links()), listeners, tls(), policy(), agentCount == null ? 0 : agentCount,
                new UpkeepOptions(scrubRate, maxLayerCount, copyRate), Optional.ofNullable(config))));
        return DONE;
    }

    private interface Start {
        RunningDaemon start() throws IOException;
    }

    /** Signals are waited for before the start, because a client may be served before the start is over. */
    private void serve(Start start) throws IOException {
        CompletableFuture<RunningDaemon> started = new CompletableFuture<>();
        StopSignal stop = StopSignal.install(() -> {
            started.join().close();
            return DONE;
        }, surroundings());
        try {
            started.complete(start.start());
        } catch (IOException | RuntimeException e) {
            started.completeExceptionally(e);
            stop.uninstall();
            throw e;
        }
        awaitSignal(started.join(), stop);
    }

    private void awaitSignal(RunningDaemon daemon, StopSignal stop) throws IOException {
        if (config != null) {
            HangUp.install(daemon::reload);
        }
        List<String> exports = daemon.exports();
        String export = exports.size() == 1 ? exports.get(0) : "";
        for (String address : daemon.addresses()) {
            print("varve: listening on " + NbdUri.of(address, export, daemon.tlsOf(address)));
        }
        surroundings().out().flush();
        stop.await();
    }

    /** Two answers to what becomes of writes would have to be compared image by image. */
    private void requireSensibleConfig() {
        if (check && config == null) {
            throw new ParameterException(spec().commandLine(), "--check is for --config FILE");
        }
        if (config != null && (!images.isEmpty() || !imageFiles.isEmpty()
                || Stream.of(overlayMode, quotaLength, memoryLength).anyMatch(Objects::nonNull))) {
            throw new ParameterException(spec().commandLine(),
                    "IMAGE, --image-file, --overlay, --quota and --memory are not for --config: write them into "
                            + config);
        }
    }

    private List<ImageLink> links() {
        List<ImageLink> links = new ArrayList<>();
        for (String text : imageFiles) {
            links.add(ImageFileOption.parse(
                    text, imageFormat, parentDirectories, importFiles, spec().commandLine()));
        }
        return links;
    }

    private TlsSettings tls() {
        try {
            return new TlsSettings(tlsMode, tlsCertificates, tlsPsk, tlsVerifyPeer);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec().commandLine(), e.getMessage()
                    + " (--tls, --tls-certificates, --tls-psk, --tls-verify-peer)");
        }
    }

    private void requireSensibleLimits() {
        if (agentCount != null && (agentCount < 1 || agentCount > MAX_AGENTS)) {
            throw new ParameterException(
                    spec().commandLine(), "--agents is 1 to " + MAX_AGENTS + ", not " + agentCount);
        }
        if (maxLayerCount != null && maxLayerCount < 0) {
            throw new ParameterException(spec().commandLine(), "--max-layers is 0 or more, not " + maxLayerCount);
        }
        if (quotaLength != null && quotaLength > 0 && quotaLength < Pages.PAGE_SIZE) {
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
        OverlayMode mode = overlayMode == null ? OverlayMode.PERSISTENT : overlayMode;
        long memory = memoryLength != null ? memoryLength
                : mode == OverlayMode.MEMORY ? OverlayPolicy.usualMemoryLength() : OverlayPolicy.MIN_MEMORY_LENGTH;
        return new OverlayPolicy(mode, quotaLength == null ? 0 : quotaLength, memory);
    }
}
