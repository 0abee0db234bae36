package io.varve.daemon.store;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerManifest;
import io.varve.daemon.layer.LayerWriter;
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

    private final ExtentList extents;
    private final BlockSource data;
    private final Chain base;
    private final Pace pace;
    private final UnsafeBuffer buffer = Buffers.alignedDirect((int) Pages.offset(BUFFER_PAGES));

    /**
     * @param extents what the overlay says
     * @param data    its pages, at their offsets
     * @param base    the layers that the overlay stands on
     */
    OverlayCommit(ExtentList extents, BlockSource data, Chain base, Pace pace) {
        this.extents = extents;
        this.data = data;
        this.base = base;
        this.pace = pace;
    }

    /** @return the new layer; empty if the overlay says nothing that its base does not say */
    Optional<LayerId> seal(FileSpace space, Path layers) throws IOException {
        try (LayerWriter writer = LayerWriter.create(space, layers, base.size(), base)) {
            for (int i = 0; i < extents.extentCount(); i++) {
                if (extents.kind(i) == Run.ZERO) {
                    writer.writeZeros(extents.pageIndex(i), extents.pageCount(i));
                } else {
                    copy(writer, extents.pageIndex(i), extents.pageCount(i));
                }
            }
            LayerId layer = writer.seal();
            return LayerManifest.read(space, layers, layer).extentCount() == 0 ? Optional.empty() : Optional.of(layer);
        }
    }

    private void copy(LayerWriter writer, long pageIndex, long pageCount) throws IOException {
        for (long done = 0; done < pageCount; ) {
            int count = (int) Math.min(BUFFER_PAGES, pageCount - done);
            long offset = Pages.offset(pageIndex + done);
            data.read(offset, buffer, 0, (int) Pages.offset(count));
            clearBehindTheEnd(offset, count);
            writer.writePages(pageIndex + done, count, buffer, 0);
            done += count;
            pace.spend(Pages.offset(count));
        }
    }

    /** No client can have written there, and nothing that is there may get into a layer. */
    private void clearBehindTheEnd(long offset, int pageCount) {
        long length = Math.min(Pages.offset(pageCount), base.size() - offset);
        buffer.setMemory((int) length, (int) (Pages.offset(pageCount) - length), (byte) 0);
    }
}
