package io.varve.daemon.format;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a file says about its parent.
 *
 * <p>Immutable.
 *
 * @param paths    where the parent may be, as the file's author wrote them, with slashes for backslashes: relative to
 *                 the file first, absolute last; at least one, each 1 to 4096 characters; hostile
 * @param id       what {@link ForeignImage#id} of the parent must be; empty if the format does not say
 * @param format   of the parent, if the file says; a file that does not is refused where that could be raw
 * @param madeBy   when the parent had been made ({@link ForeignImage#made}) for certain; empty if nothing tells
 */
public record ParentLink(List<String> paths, Optional<String> id, Optional<ImageFormat> format,
        Optional<Instant> madeBy) {

    public ParentLink(List<String> paths, Optional<String> id, Optional<ImageFormat> format) {
        this(paths, id, format, Optional.empty());
    }

    public ParentLink {
        paths = List.copyOf(paths);
    }
}
