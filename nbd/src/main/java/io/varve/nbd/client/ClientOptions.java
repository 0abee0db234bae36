package io.varve.nbd.client;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.wire.ReplyStyle;
import java.util.List;

/**
 * What a client asks for when it connects. A server may grant less: {@link NbdClient#replyStyle()} and
 * {@link NbdClient#contextNames()} tell.
 *
 * @param exportName   as the server knows it; the empty string is its default export
 * @param replyStyle   the best that is asked for
 * @param metaContexts asked for if replies come in chunks
 *
 * <p>Immutable.
 */
public record ClientOptions(String exportName, ReplyStyle replyStyle, List<String> metaContexts) {

    public ClientOptions {
        metaContexts = List.copyOf(metaContexts);
    }

    /** Extended headers, or what comes next to them, and base:allocation. */
    public static ClientOptions extended(String exportName) {
        return new ClientOptions(exportName, ReplyStyle.EXTENDED, List.of(ExportInfo.BASE_ALLOCATION));
    }

    /** Structured replies and base:allocation. */
    public static ClientOptions structured(String exportName) {
        return new ClientOptions(exportName, ReplyStyle.STRUCTURED, List.of(ExportInfo.BASE_ALLOCATION));
    }

    /** Nothing beyond a bare connection. */
    public static ClientOptions simple(String exportName) {
        return new ClientOptions(exportName, ReplyStyle.SIMPLE, List.of());
    }
}
