package io.varve.daemon.access;

import java.util.List;
import java.util.Optional;

/**
 * Every export that is served, and who may use it. An image that nothing is said about is not served.
 *
 * @param exports the first whose pattern has the name of an image holds for it
 */
public record AccessPolicy(List<ExportAccess> exports) {

    /** Everything, for everybody. */
    public static final AccessPolicy OPEN = new AccessPolicy(List.of(new ExportAccess(
            ImagePattern.ALL, "", List.of(AccessRule.EVERYBODY), ExportAccess.Clients.CHOOSE)));

    public AccessPolicy {
        exports = List.copyOf(exports);
    }

    /** @param image as a client writes it, without its own name */
    Optional<ExportAccess> find(String image) {
        return exports.stream().filter(export -> export.isFor(image)).findFirst();
    }
}
