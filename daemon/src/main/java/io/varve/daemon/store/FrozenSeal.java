package io.varve.daemon.store;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.FrozenLayer;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.layer.LayerWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Seals frozen overlays into layers, which then take their place: pages get checksums, and those that the layers below
 * have as well are left out. The frozen overlay stays until a garbage collection finds that nobody needs it.
 *
 * <p>A seal that was interrupted is begun anew by the next one.
 *
 * <p>Owned by the thread that seals.
 */
final class FrozenSeal {

    private static final int BUFFER_PAGES = 256;

    private final Store store;
    private final Pace pace;
    private final UnsafeBuffer buffer = Buffers.alignedDirect((int) Pages.offset(BUFFER_PAGES));

    FrozenSeal(Store store, Pace pace) {
        this.store = store;
        this.pace = pace;
    }

    /**
     * Seals the top of a chain.
     *
     * @param chain as it is now, base first; only its last layer is a frozen one
     * @param size  bytes of the disk
     */
    void seal(List<LayerId> chain, long size) throws IOException {
        List<LayerId> below = chain.subList(0, chain.size() - 1);
        try (FileLocks.Lock writing = store.lockForWriting();
                Chain base = store.openChain(below, size);
                FrozenLayer frozen = store.frozenLayers().find(chain.get(below.size()))) {
            if (frozen == null) {
                throw new StoreException("layer " + store.layout().frozen(chain.get(below.size()))
                        + ": it is not what a snapshot left there: see 'varve verify'");
            }
            List<LayerId> sealed = new ArrayList<>(below);
            LayerId layer = write(base, frozen);
            // Of a client that wrote nothing between two snapshots there remains nothing.
            if (store.layer(layer).extentCount() > 0) {
                sealed.add(layer);
            }
            store.replace(chain, sealed);
        }
    }

    private LayerId write(Chain base, FrozenLayer frozen) throws IOException {
        ExtentList extents = frozen.extents(0);
        try (LayerWriter writer =
                LayerWriter.create(store.space(), store.layout().layers(), base.size(), base)) {
            for (int i = 0; i < extents.extentCount(); i++) {
                if (extents.kind(i) == Run.ZERO) {
                    writer.writeZeros(extents.pageIndex(i), extents.pageCount(i));
                } else {
                    copy(writer, frozen.data(), extents.pageIndex(i), extents.pageCount(i), base.size());
                }
            }
            return writer.seal();
        }
    }

    private void copy(LayerWriter writer, BlockSource data, long pageIndex, long pageCount, long size)
            throws IOException {
        for (long done = 0; done < pageCount; ) {
            int count = (int) Math.min(BUFFER_PAGES, pageCount - done);
            long offset = Pages.offset(pageIndex + done);
            int length = (int) Pages.offset(count);
            data.read(offset, buffer, 0, length);
            // No client can have written behind the end, and nothing that is there may get into a layer.
            int inside = (int) Math.min(length, size - offset);
            buffer.setMemory(inside, length - inside, (byte) 0);
            writer.writePages(pageIndex + done, count, buffer, 0);
            done += count;
            pace.spend(length);
        }
    }
}
