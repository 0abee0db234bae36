package io.varve.it.conform;

import io.varve.it.conform.Link.Style;
import java.util.List;

/** In which styles of replies a test runs. */
enum Styles {
    /** The test does not ask for {@link Server#style()}. */
    OWN(Style.SIMPLE),
    ALL(Style.SIMPLE, Style.STRUCTURED, Style.EXTENDED),
    /** Where replies come in chunks. */
    CHUNKED(Style.STRUCTURED, Style.EXTENDED),
    EXTENDED(Style.EXTENDED);

    private final List<Style> list;

    Styles(Style... list) {
        this.list = List.of(list);
    }

    List<Style> list() {
        return list;
    }
}
