package io.varve.daemon.store;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerManifest;
import io.varve.daemon.layer.LayerWriter;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Seals what an overlay holds into a layer on top of what it stands on. The overlay stays as it is.
 *
 * <p>Owned by the thread that commits.
 */
final class OverlayCommit {

    private static final int BUFFER_PAGES = 256;

    private final OverlayReader overlay;
    private final Chain base;
    private final UnsafeBuffer buffer = Buffers.alignedDirect((int) Pages.offset(BUFFER_PAGES));

    /** @param base the layers that the overlay stands on */
    OverlayCommit(OverlayReader overlay, Chain base) {
        this.overlay = overlay;
        this.base = base;
    }

    /** @return the new layer; empty if the overlay says nothing that its base does not say */
    Optional<LayerId> seal(FileSpace space, Path layers) throws IOException {
        try (LayerWriter writer = LayerWriter.create(space, layers, base.size(), base)) {
            long pageCount = overlay.pageCount();
            for (long page = 0; page < pageCount; ) {
                long run = overlay.runLength(page, pageCount - page);
                switch (overlay.state(page)) {
                    case Overlay.PRESENT -> copy(writer, page, run);
                    case Overlay.ZERO -> writer.writeZeros(page, run);
                    default -> { }
                }
                page += run;
            }
            LayerId layer = writer.seal();
            return LayerManifest.read(space, layers, layer).extentCount() == 0 ? Optional.empty() : Optional.of(layer);
        }
    }

    private void copy(LayerWriter writer, long pageIndex, long pageCount) throws IOException {
        for (long done = 0; done < pageCount; ) {
            int count = (int) Math.min(BUFFER_PAGES, pageCount - done);
            long offset = Pages.offset(pageIndex + done);
            overlay.data().read(offset, buffer, 0, (int) Pages.offset(count));
            clearBehindTheEnd(offset, count);
            writer.writePages(pageIndex + done, count, buffer, 0);
            done += count;
        }
    }

    /** No client can have written there, and nothing that is there may get into a layer. */
    private void clearBehindTheEnd(long offset, int pageCount) {
        long length = Math.min(Pages.offset(pageCount), base.size() - offset);
        buffer.setMemory((int) length, (int) (Pages.offset(pageCount) - length), (byte) 0);
    }
}
