package io.varve.daemon.transfer;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.remote.DiskManifest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;

/**
 * Writes the manifest of a raw disk, so that both can be put on any web server; see {@link DiskManifest}. The file is
 * read again, because what a server is given is the file, and not what it was written from.
 *
 * <p>Owned by the thread that runs it; interrupting that thread stops it.
 */
public final class ManifestExport {

    private final FileSpace space;
    private final ProgressListener listener;

    public ManifestExport(FileSpace space, ProgressListener listener) {
        this.space = space;
        this.listener = listener;
    }

    /**
     * @param replaces whether a file with the name of the manifest goes
     * @throws ExportException      if the manifest cannot be made; it is not there then
     * @throws InterruptedException if the thread was interrupted; the manifest is not there then
     */
    public void run(Path disk, Path manifest, boolean replaces) throws IOException, InterruptedException {
        Path place = NewFile.place(manifest, replaces);
        try (BlockFile read = space.open(disk, OpenMode.READ);
                NewFile file = NewFile.create(space, place, replaces)) {
            ProgressClock progress = new ProgressClock(listener, System::nanoTime, read.size(), 0);
            DiskManifest.make(read, file.file(), position -> {
                if (Thread.interrupted()) {
                    throw new InterruptedIOException();
                }
                progress.onStep(position);
            });
            progress.onEnd();
            file.publish();
        } catch (InterruptedIOException e) {
            throw new InterruptedException();
        }
    }
}
