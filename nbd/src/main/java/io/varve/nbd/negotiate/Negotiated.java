package io.varve.nbd.negotiate;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.wire.ReplyStyle;
import java.util.List;

/**
 * What a handshake ended with; all that transmission needs to know.
 *
 * @param export            open, not yet attached; whoever holds this record closes it
 * @param info              the export's own, as told to the client
 * @param transmissionFlags {@code NbdProtocol.TRANSMIT_*}, as told to the client
 * @param replyStyle        of every reply from now on
 * @param contexts          what BLOCK_STATUS answers for, in the order in which the client was told; often empty
 *
 * <p>Immutable.
 */
public record Negotiated(
        Export export,
        ExportInfo info,
        int transmissionFlags,
        ReplyStyle replyStyle,
        List<SelectedContext> contexts) {

    public Negotiated {
        contexts = List.copyOf(contexts);
    }

    /**
     * A metadata context that the client selected.
     *
     * @param contextIndex into {@link ExportInfo#metaContexts()}
     * @param wireId       the client knows it by; unique among the selected, never 0
     *
     * <p>Immutable.
     */
    public record SelectedContext(int contextIndex, int wireId) {}
}
