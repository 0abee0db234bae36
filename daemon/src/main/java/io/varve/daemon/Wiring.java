package io.varve.daemon;

import io.varve.daemon.cli.ConfigReport;
import io.varve.daemon.cli.ExportResult;
import io.varve.daemon.cli.ExportSettings;
import io.varve.daemon.cli.ImportResult;
import io.varve.daemon.cli.ImportSettings;
import io.varve.daemon.cli.ProgressListener;
import io.varve.daemon.cli.RunningDaemon;
import io.varve.daemon.cli.ServeSettings;
import io.varve.daemon.cli.Services;
import io.varve.daemon.config.Config;
import io.varve.daemon.config.ConfigException;
import io.varve.daemon.config.ConfigFile;
import io.varve.daemon.control.ControlClient;
import io.varve.daemon.control.NoDaemonException;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.remote.RemoteDisk;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.RemoteLink;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreLayout;
import io.varve.daemon.transfer.ExportTarget;
import io.varve.daemon.transfer.ImageExport;
import io.varve.daemon.transfer.ImageImport;
import io.varve.daemon.transfer.ImportException;
import io.varve.daemon.transfer.ManifestExport;
import io.varve.daemon.transfer.SourceFile;
import io.varve.daemon.transfer.SourceFormat;
import io.varve.daemon.transfer.qemu.QemuNbd;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** Gives commands the rooms that they do not see. Thread-safe because it keeps nothing but what is. */
final class Wiring implements Services {

    private final HeadStart headStart;

    /** @param headStart of a daemon that may be started */
    Wiring(HeadStart headStart) {
        this.headStart = headStart;
    }

    @Override
    public RunningDaemon startDaemon(Path store, ServeSettings settings) throws IOException {
        headStart.await();
        if (settings.config().isEmpty()) {
            DaemonContext context = DaemonContext.of(store, settings, Optional.empty());
            return Daemon.start(new ContextSource() {
                private boolean wasRead;

                @Override
                public DaemonContext read() throws IOException {
                    if (wasRead) {
                        throw new IOException("there is no configuration file to read again: start the daemon with "
                                + "'varve serve --config FILE'");
                    }
                    wasRead = true;
                    return context;
                }
            });
        }
        Path file = settings.config().get().toAbsolutePath();
        return Daemon.start(() -> DaemonContext.of(store, settings, Optional.of(ConfigFile.read(file))));
    }

    /** Where the settings of a daemon come from, each time it asks. */
    @FunctionalInterface
    interface ContextSource {

        /** @throws IOException if there is nothing new, or it cannot be used */
        DaemonContext read() throws IOException;
    }

    @Override
    public ConfigReport checkConfig(Path file) throws IOException {
        try {
            Config config = ConfigFile.read(file);
            return new ConfigReport(DaemonContext.obstacles(config.listeners()), config.store());
        } catch (ConfigException e) {
            return new ConfigReport(e.mistakes(), Optional.empty());
        }
    }

    @Override
    public ImportResult importImage(Path store, ImportSettings settings, ProgressListener progress)
            throws IOException {
        Store opened = Store.openOrCreate(new NativeFileSpace(), store);
        SourceFile source = new SourceFile(
                settings.file(), format(settings), settings.parentDirectories(), ImageReader::ofAll,
                new QemuNbd(Objects.requireNonNullElse(System.getenv("PATH"), ""), progress::onNotice));
        ImageImport job = new ImageImport(opened, source, progress::onProgress);
        try {
            ImageImport.Outcome outcome = job.run(settings.image(), settings.parent());
            return new ImportResult(outcome.image(), outcome.dataBytes(), outcome.knownLayerCount());
        } catch (InterruptedException | InterruptedIOException e) {
            Thread.currentThread().interrupt();
            throw new IOException("import of " + settings.file() + ": interrupted: repeat it", e);
        }
    }

    @Override
    public ImageManifest linkRemote(Path store, RemoteLink link) throws IOException {
        Store opened = Store.openOrCreate(new NativeFileSpace(), store);
        return link.publish(opened, RemoteDisk.look(link.locations()));
    }

    @Override
    public ExportResult exportImage(Path store, ExportSettings settings, ProgressListener progress)
            throws IOException {
        Store opened = Store.open(new NativeFileSpace(), store);
        ExportTarget target = new ExportTarget(settings.file(), settings.format(), settings.variant(),
                Optional.ofNullable(settings.parent()), settings.parentDirectories(), settings.replaces());
        try {
            ImageExport.Outcome outcome =
                    new ImageExport(opened, target, progress::onProgress).run(settings.source());
            return new ExportResult(outcome.sourceSize(), outcome.size(), outcome.dataLength(), outcome.fileLength(),
                    outcome.known());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("export to " + settings.file() + ": interrupted, nothing is left of it", e);
        }
    }

    @Override
    public void writeManifest(Path disk, Path manifest, boolean replaces, ProgressListener progress)
            throws IOException {
        try {
            new ManifestExport(new NativeFileSpace(), progress::onProgress).run(disk, manifest, replaces);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(disk + " is written, its manifest " + manifest + " is not: interrupted", e);
        }
    }

    private static SourceFormat format(ImportSettings settings) throws ImportException {
        for (SourceFormat format : SourceFormat.values()) {
            if (format.name().equalsIgnoreCase(settings.format())) {
                return format;
            }
        }
        throw new ImportException(settings.file() + " cannot be imported as '" + settings.format()
                + "': this version knows " + Arrays.stream(SourceFormat.values())
                        .map(format -> format.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", ")));
    }

    @Override
    public Map<String, Object> askDaemon(Path store, Map<String, Object> request) throws IOException {
        return ControlClient.ask(new StoreLayout(store).controlSocket(), request);
    }

    @Override
    public Optional<Map<String, Object>> askIfRunning(Path store, Map<String, Object> request) throws IOException {
        try {
            return Optional.of(askDaemon(store, request));
        } catch (NoDaemonException e) {
            return Optional.empty();
        }
    }
}
