package io.varve.daemon.overlay;

import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.sim.SectorModel;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/** What an overlay says about the sectors from some page on. Owned by one test. */
final class OverlayView implements SectorModel.View {

    private final Overlay overlay;
    private final int firstPage;
    private final UnsafeBuffer page = Buffers.alignedDirect(Pages.PAGE_SIZE);
    private long pageInBuffer = -1;

    OverlayView(Overlay overlay, int firstPage) {
        this.overlay = overlay;
        this.firstPage = firstPage;
    }

    @Override
    public boolean holds(int sector, int number) throws IOException {
        long pageIndex = firstPage + sector / SectorModel.SECTORS_PER_PAGE;
        return switch (overlay.state(pageIndex)) {
            case Overlay.ABSENT -> number == SectorModel.PARENT;
            case Overlay.ZERO -> number == SectorModel.ZEROS;
            default -> number != SectorModel.PARENT && SectorModel.isFilled(
                    read(pageIndex), sector % SectorModel.SECTORS_PER_PAGE * SectorModel.SECTOR, sector, number);
        };
    }

    private UnsafeBuffer read(long pageIndex) throws IOException {
        if (pageInBuffer != pageIndex) {
            overlay.data().read(Pages.offset(pageIndex), page, 0, Pages.PAGE_SIZE);
            pageInBuffer = pageIndex;
        }
        return page;
    }
}
