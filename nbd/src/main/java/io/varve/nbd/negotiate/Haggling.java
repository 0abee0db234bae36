package io.varve.nbd.negotiate;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiated.SelectedContext;
import io.varve.nbd.wire.ReplyStyle;
import java.util.List;

/**
 * What the options of one connection have agreed on so far.
 *
 * <p>Owned by the thread that drives the handshake.
 */
final class Haggling {

    private final ExportDirectory directory;
    private final NegotiationLimits limits;
    private final Transport transport;
    private final HandshakeOutput output = new HandshakeOutput();

    private boolean fixedNewstyle = true;
    private int exportNamePadding;
    private ReplyStyle replyStyle = ReplyStyle.SIMPLE;
    private ContextSelection contexts = ContextSelection.NONE;
    private Negotiated negotiated;

    Haggling(ExportDirectory directory, NegotiationLimits limits, Transport transport) {
        this.directory = directory;
        this.limits = limits;
        this.transport = transport;
    }

    boolean isSecure() {
        return transport == Transport.SECURE;
    }

    /** A client without it cannot have TLS (proto.md, "TLS support"); one with TLS has it. */
    boolean isFixedNewstyle() {
        return fixedNewstyle;
    }

    void fixedNewstyle(boolean fixed) {
        fixedNewstyle = fixed;
    }

    ExportDirectory directory() {
        return directory;
    }

    NegotiationLimits limits() {
        return limits;
    }

    HandshakeOutput output() {
        return output;
    }

    /** Zero bytes behind the answer to EXPORT_NAME. */
    int exportNamePadding() {
        return exportNamePadding;
    }

    void exportNamePadding(int length) {
        exportNamePadding = length;
    }

    ReplyStyle replyStyle() {
        return replyStyle;
    }

    void replyStyle(ReplyStyle style) {
        replyStyle = style;
    }

    /** Replaces what an earlier SET_META_CONTEXT selected. */
    void contexts(ContextSelection selection) {
        contexts = selection;
    }

    ExportInfo describe(String name) throws OptionRefused {
        try {
            return directory.describe(name);
        } catch (final ExportException e) {
            throw OptionRefused.because(e);
        }
    }

    /** What GO would say of an export, as things are. @param name as sent */
    int transmissionFlags(String name, ExportInfo info) throws OptionRefused {
        return TransmissionFlags.of(info, replyStyle, contexts.resolve(name, info).size());
    }

    /**
     * Opens the export that the client will use. It stays ours until {@link #take()}.
     *
     * @param name as sent
     */
    Negotiated open(String name) throws OptionRefused {
        final Export export;
        try {
            export = directory.open(name);
        } catch (final ExportException e) {
            throw OptionRefused.because(e);
        }
        boolean settled = false;
        try {
            final ExportInfo info = export.info();
            final List<SelectedContext> selected = contexts.resolve(name, info);
            negotiated = new Negotiated(
                    export, info, TransmissionFlags.of(info, replyStyle, selected.size()), replyStyle, selected);
            settled = true;
            return negotiated;
        } finally {
            if (!settled) {
                export.close();
            }
        }
    }

    /** Hands over what {@link #open} made; null if there is nothing, or it was taken before. */
    Negotiated take() {
        final Negotiated taken = negotiated;
        negotiated = null;
        return taken;
    }

    enum Transport {
        PLAIN,
        SECURE
    }
}
