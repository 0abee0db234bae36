package io.varve.daemon.cli;

import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.RemoteLink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What commands need from rooms that they do not see. Implemented by the wiring above this package.
 *
 * <p>Thread-safe because implementations keep nothing.
 */
public interface Services {

    /**
     * Starts a daemon in this process; returns when every listener accepts connections.
     *
     * @throws IOException with one line that says what stands in the way; nothing runs then
     */
    RunningDaemon startDaemon(Path store, ServeSettings settings) throws IOException;

    /**
     * Reads a configuration file and starts nothing.
     *
     * @throws IOException if it cannot be read
     */
    ConfigReport checkConfig(Path file) throws IOException;

    /**
     * Brings a disk image into a store, which is made if there is none.
     *
     * @throws IOException with one line that says what stands in the way; the image is not there then
     */
    ImportResult importImage(Path store, ImportSettings settings, ProgressListener progress) throws IOException;

    /**
     * Makes an image of a disk on other machines, in a store, which is made if there is none. Nothing of it is read.
     *
     * @throws IOException with one line that says what stands in the way; the image is not there then
     */
    ImageManifest linkRemote(Path store, RemoteLink link) throws IOException;

    /**
     * Writes an image, or what a client has, into a file.
     *
     * @throws IOException with one line that says what stands in the way, or that the thread was interrupted; the file
     *                     is not there then
     */
    ExportResult exportImage(Path store, ExportSettings settings, ProgressListener progress) throws IOException;

    /**
     * Writes what each part of a raw disk is, for those who read it from afar.
     *
     * @param replaces whether a file with the name of the manifest goes
     * @throws IOException with one line that says what stands in the way, or that the thread was interrupted; there is
     *                     no manifest then
     */
    void writeManifest(Path disk, Path manifest, boolean replaces, ProgressListener progress) throws IOException;

    /**
     * Asks the daemon of a store, in whatever process it is.
     *
     * @throws IOException if none answers, or with what it answered
     */
    Map<String, Object> askDaemon(Path store, Map<String, Object> request) throws IOException;

    /** The same, where it is no failure that there is no daemon: empty then. */
    Optional<Map<String, Object>> askIfRunning(Path store, Map<String, Object> request) throws IOException;
}
