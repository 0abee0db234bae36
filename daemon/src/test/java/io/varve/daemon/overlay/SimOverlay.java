package io.varve.daemon.overlay;

import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executor;

/** Kept overlays for tests of other rooms: with small journals, and with workers that the test runs itself. */
public final class SimOverlay {

    /** How soon the journal is full, and what goes into it. */
    public enum Kind {
        /** A few commits fill a half, need a payload, exceed the payload or the record. */
        SMALL(new Geometry(32 << 10, 8 << 10, 16 << 10, 3, 2)),
        /** More than one page of data is committed in place, with a sync of the data file first. */
        IN_PLACE(new Geometry(32 << 10, 8 << 10, 16 << 10, 1, 2)),
        /** A half takes one page of payload: nearly every commit is a checkpoint. */
        TIGHT(new Geometry(8 << 10, 8 << 10, 8 << 10, 1, 2));

        final Geometry geometry;

        Kind(Geometry geometry) {
            this.geometry = geometry;
        }
    }

    private SimOverlay() {}

    public static Overlay open(FileSpace files, Path directory, OverlayMeta meta, Kind kind, Executor workers)
            throws IOException {
        OverlayOpener opener = new OverlayOpener(files, directory, kind.geometry, OverlayHarness.BUFFERS,
                Runnable::run);
        return Overlay.persistent(opener.openOrCreate(meta), directory, workers);
    }
}
