package io.varve.daemon.store;

import io.varve.daemon.boot.BootLogSlot;
import io.varve.daemon.boot.LoggedBoot;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Keeps what one client of an image reads as it boots. Immutable.
 *
 * @param layers      ids of the chain at the time when it was opened
 * @param layerOfBlob index in that chain
 */
record ImageBootLog(BootHistory history, ExportName export, List<String> layers, int[] layerOfBlob)
        implements BootLogSlot {

    static ImageBootLog of(BootHistory history, ExportName export, Chain chain) {
        return new ImageBootLog(history, export, chain.layers().stream().map(LayerId::hex).toList(),
                chain.layerOfBlob());
    }

    @Override
    public String imageName() {
        return export.image().toString();
    }

    @Override
    public Optional<String> client() {
        return export.client();
    }

    @Override
    public void keep(LoggedBoot boot) throws IOException {
        history.keep(export.image(), boot);
    }
}
