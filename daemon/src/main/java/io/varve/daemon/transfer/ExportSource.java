package io.varve.daemon.transfer;

import io.varve.daemon.extent.ExtentList;
import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.overlay.OverlayMeta;
import io.varve.daemon.overlay.OverlayReader;
import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.ImageManifest;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.MutableDirectBuffer;

/**
 * The disk that is exported: the layers of an image, and what a client wrote on top of them.
 *
 * <p>Owned by the thread that opened it, but for {@link #read}, which one other thread may call.
 */
final class ExportSource implements AutoCloseable {

    private final String name;
    private final Chain chain;
    private final OverlayReader overlayOrNull;
    private final List<ExtentList> lists = new ArrayList<>();
    private final List<BlockSource> sources;

    private ExportSource(String name, Chain chain, OverlayReader overlayOrNull) {
        this.name = name;
        this.chain = chain;
        this.overlayOrNull = overlayOrNull;
        this.sources = new ArrayList<>(chain.sources());
        for (int i = 0; i < chain.layers().size(); i++) {
            lists.add(chain.layer(i).extents());
        }
        if (overlayOrNull != null) {
            lists.add(overlayOrNull.extents(sources.size()));
            sources.add(overlayOrNull.data());
        }
    }

    /**
     * @param name an image, or the overlay of a client that is not connected
     * @throws StoreException if there is none, or the client is connected
     */
    static ExportSource open(Store store, ExportName name) throws IOException {
        if (name.client().isEmpty()) {
            ImageManifest image = store.image(name.image());
            return new ExportSource("image " + name, store.openChain(image.chain(), image.size()), null);
        }
        OverlayReader overlay = store.openOverlay(name);
        boolean done = false;
        try {
            OverlayMeta meta = overlay.meta();
            ExportSource source = new ExportSource("overlay " + name,
                    store.openChain(LayerId.list(meta.layerIds()), meta.size()), overlay);
            done = true;
            return source;
        } catch (StoreException e) {
            throw new StoreException("overlay " + name + ": " + e.getMessage(), e);
        } finally {
            if (!done) {
                overlay.close();
            }
        }
    }

    /** Bytes; any number from 1 on. */
    long size() {
        return chain.size();
    }

    /** Of the image, or below the overlay; base first. */
    List<LayerId> layers() {
        return chain.layers();
    }

    boolean hasOverlay() {
        return overlayOrNull != null;
    }

    /**
     * What the layers above the lowest ones say, and the overlay.
     *
     * @param lowestCount layers that are left out
     */
    ExtentMap extentsAbove(int lowestCount) {
        return ExtentMap.flatten(Pages.count(size()), lists.subList(lowestCount, lists.size()));
    }

    /**
     * Reads pages that a map called data; bytes behind the end of the disk are zero.
     *
     * @param run       what the map says about {@code pageIndex}
     * @param pageCount pages, at most those of the run
     * @throws CorruptDataException if a checksum is wrong
     */
    void read(Run run, long pageIndex, int pageCount, MutableDirectBuffer destination, int index)
            throws IOException {
        int length = (int) Pages.offset(pageCount);
        try {
            sources.get(run.blobIndex()).read(Pages.offset(run.blobPage()), destination, index, length);
        } catch (CorruptDataException e) {
            throw located(e, run, pageIndex, pageCount);
        }
        long inside = size() - Pages.offset(pageIndex);
        if (inside < length) {
            destination.setMemory(index + (int) inside, length - (int) inside, (byte) 0);
        }
    }

    private CorruptDataException located(CorruptDataException e, Run run, long pageIndex, int pageCount) {
        long inRun = Pages.index(e.position()) - run.blobPage();
        boolean known = inRun >= 0 && inRun < pageCount;
        long page = pageIndex + (known ? inRun : 0);
        CorruptDataException located = new CorruptDataException(e.fileName(), e.position(), e.what() + "; it is page "
                + page + (known ? "" : " or behind it") + " of " + name + ", of " + speaker(page));
        located.initCause(e);
        return located;
    }

    /** Who has the last word about a page. */
    private String speaker(long pageIndex) {
        for (int i = lists.size() - 1; i >= 0; i--) {
            if (covers(lists.get(i), pageIndex)) {
                return i < chain.layers().size() ? "layer " + chain.layers().get(i) : "the overlay itself";
            }
        }
        throw new IllegalStateException("nobody speaks for page " + pageIndex + " of " + name);
    }

    private static boolean covers(ExtentList list, long pageIndex) {
        int low = 0;
        int high = list.extentCount() - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            if (list.pageIndex(middle) > pageIndex) {
                high = middle - 1;
            } else if (list.pageIndex(middle) + list.pageCount(middle) <= pageIndex) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        try (OverlayReader overlay = overlayOrNull) {
            chain.close();
        }
    }
}
