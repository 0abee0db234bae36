package io.varve.nbd.fuzz;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.wire.ReplyStyle;

/**
 * What both sides know when transmission begins.
 *
 * @param info       of the export
 * @param style      of replies
 * @param contextIds by index in the export's list: the id on the wire, 0 if the client did not select it
 *
 * <p>Immutable.
 */
record Facts(ExportInfo info, ReplyStyle style, int[] contextIds) {

    static final int MAX_PAYLOAD = 32 << 20;
    /** A longer payload is not thrown away: the connection may end. */
    static final long MAX_SKIPPED = 0xffff_ffffL;

    boolean extended() {
        return style == ReplyStyle.EXTENDED;
    }

    boolean has(Feature feature) {
        return info.has(feature);
    }

    int requestLength() {
        return extended() ? 32 : 28;
    }

    int contextCount() {
        int count = 0;
        for (int id : contextIds) {
            count += id == 0 ? 0 : 1;
        }
        return count;
    }

    /** @return index of the context with an id; -1 if there is none */
    int contextIndex(int id) {
        for (int i = 0; i < contextIds.length; i++) {
            if (id != 0 && contextIds[i] == id) {
                return i;
            }
        }
        return -1;
    }
}
