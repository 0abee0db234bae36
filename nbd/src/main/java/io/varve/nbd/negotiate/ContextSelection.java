package io.varve.nbd.negotiate;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiated.SelectedContext;
import java.util.ArrayList;
import java.util.List;

/**
 * What the last SET_META_CONTEXT selected. It counts only for the export that it named (proto.md,
 * "NBD_OPT_SET_META_CONTEXT").
 *
 * @param nameAsSent    the client's name of the export
 * @param canonicalName the directory's name of it, because two names may mean one export
 * @param contextNames  in the order of the export's list, each once
 *
 * <p>Immutable.
 */
record ContextSelection(String nameAsSent, String canonicalName, List<String> contextNames) {

    static final ContextSelection NONE = new ContextSelection("", "", List.of());

    ContextSelection {
        contextNames = List.copyOf(contextNames);
    }

    /** What the client knows {@code contextNames().get(position)} by; not 0, the id that LIST shows. */
    static int wireId(int position) {
        return position + 1;
    }

    /**
     * The selection as it holds for the export that is opened now.
     *
     * @param name as sent
     * @throws OptionRefused if it is the same export, but no longer has a context that the client was promised
     */
    List<SelectedContext> resolve(String name, ExportInfo info) throws OptionRefused {
        final List<SelectedContext> selected = new ArrayList<>();
        if (!name.equals(nameAsSent) && !info.name().equals(canonicalName)) {
            return selected;
        }
        for (int i = 0; i < contextNames.size(); i++) {
            final int contextIndex = info.metaContexts().indexOf(contextNames.get(i));
            if (contextIndex < 0) {
                throw OptionRefused.invalid(
                        "the export no longer has the context " + contextNames.get(i) + "; select again");
            }
            selected.add(new SelectedContext(contextIndex, wireId(i)));
        }
        return selected;
    }
}
