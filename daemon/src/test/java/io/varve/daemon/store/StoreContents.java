package io.varve.daemon.store;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.overlay.Overlay;
import io.varve.daemon.overlay.OverlayReader;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** What small images and the disks of clients read as, without a daemon. */
final class StoreContents {

    private StoreContents() {}

    static byte[] image(Store store, ImageName name) throws IOException {
        ImageManifest image = store.image(name);
        return chain(store, image.chain(), (int) image.size());
    }

    static byte[] chain(Store store, List<LayerId> layers, int size) throws IOException {
        try (Chain chain = store.openChain(layers, size)) {
            UnsafeBuffer buffer = Buffers.alignedDirect((int) Pages.offset(Pages.count(size)));
            chain.read(0, buffer, 0, size);
            byte[] bytes = new byte[size];
            buffer.getBytes(0, bytes);
            return bytes;
        }
    }

    /** What a client would read that connected now; it has an overlay. */
    static byte[] client(Store store, ExportName name) throws IOException {
        try (OverlayReader overlay = OverlayReader.open(store.space(), store.layout().overlay(name))) {
            int size = (int) overlay.meta().size();
            byte[] bytes = chain(store, LayerId.list(overlay.meta().layerIds()), size);
            UnsafeBuffer page = Buffers.alignedDirect(Pages.PAGE_SIZE);
            for (int i = 0; i < overlay.pageCount(); i++) {
                int index = i * Pages.PAGE_SIZE;
                int length = Math.min(Pages.PAGE_SIZE, size - index);
                if (overlay.state(i) == Overlay.PRESENT) {
                    overlay.data().read(index, page, 0, Pages.PAGE_SIZE);
                    page.getBytes(0, bytes, index, length);
                } else if (overlay.state(i) == Overlay.ZERO) {
                    Arrays.fill(bytes, index, index + length, (byte) 0);
                }
            }
            return bytes;
        }
    }
}
