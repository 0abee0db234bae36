package io.varve.daemon.access;

import io.varve.daemon.access.AccessRule.Rights;
import io.varve.daemon.io.Printable;
import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportException.Kind;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.export.Peer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The exports that one client may use.
 *
 * <p>Thread-safe because it keeps nothing that changes; the policy is asked anew each time.
 */
final class PeerDirectory implements ExportDirectory {

    private static final Set<Feature> WRITING =
            EnumSet.of(Feature.FUA, Feature.TRIM, Feature.WRITE_ZEROES, Feature.FAST_ZERO);
    private static final int MAX_SHOWN_LENGTH = 60;

    private final ExportDirectory exports;
    private final Supplier<AccessPolicy> policy;
    private final Peer peer;

    PeerDirectory(ExportDirectory exports, Supplier<AccessPolicy> policy, Peer peer) {
        this.exports = exports;
        this.policy = policy;
        this.peer = peer;
    }

    /** An export as this client has it: its name as the store knows it, and what the rules say. */
    private record Admitted(String name, String description, Rights rights) {}

    @Override
    public List<Listing> list() {
        AccessPolicy now = policy.get();
        List<Listing> visible = new ArrayList<>();
        for (Listing listing : exports.list()) {
            now.find(listing.name())
                    .filter(export -> export.ruleFor(peer).isPresent())
                    .map(export -> export.description().isEmpty()
                            ? listing : new Listing(listing.name(), export.description()))
                    .ifPresent(visible::add);
        }
        return visible;
    }

    @Override
    public ExportInfo describe(String name) throws ExportException {
        Admitted admitted = admit(name);
        try {
            return asSeen(exports.describe(admitted.name()), admitted);
        } catch (ExportException e) {
            throw alike(name, e);
        }
    }

    @Override
    public Export open(String name) throws ExportException {
        Admitted admitted = admit(name);
        Export export;
        try {
            export = exports.open(admitted.name());
        } catch (ExportException e) {
            throw alike(name, e);
        }
        ExportInfo info = asSeen(export.info(), admitted);
        return info.equals(export.info()) ? export : new SeenExport(export, info);
    }

    private Admitted admit(String name) throws ExportException {
        String asked = name.isEmpty() ? defaultName() : name;
        int at = asked.indexOf('@');
        String image = at < 0 ? asked : asked.substring(0, at);
        ExportAccess export = policy.get().find(image).orElseThrow(() -> unknown(name));
        Optional<AccessRule> rule = export.ruleFor(peer);
        if (rule.isEmpty()) {
            throw unknown(name);
        }
        String known = asked;
        Optional<String> boundName = export.boundName(peer);
        if (boundName.isPresent()) {
            known = image + "@" + boundName.get();
            if (at >= 0 && !asked.equals(known)) {
                throw unknown(name);
            }
        }
        return new Admitted(known, export.description(), rule.get().rights());
    }

    /** The one export that this client sees. */
    private String defaultName() throws ExportException {
        List<Listing> visible = list();
        if (visible.size() != 1) {
            throw new ExportException(Kind.UNKNOWN, "no default export: " + visible.size()
                    + " images are served to you here, ask for one by name");
        }
        return visible.get(0).name();
    }

    private static ExportInfo asSeen(ExportInfo info, Admitted admitted) {
        EnumSet<Feature> features = EnumSet.noneOf(Feature.class);
        features.addAll(info.features());
        if (admitted.rights() == Rights.READ) {
            features.add(Feature.READ_ONLY);
            features.removeAll(WRITING);
        }
        return new ExportInfo(info.name(), admitted.description().isEmpty() ? info.description()
                : admitted.description(), info.size(), features, info.preferredBlockSize(), info.metaContexts());
    }

    /** What does not exist, in the words for what a client may not have. */
    private static ExportException alike(String name, ExportException e) {
        return e.kind() == Kind.UNKNOWN ? unknown(name) : e;
    }

    private static ExportException unknown(String name) {
        return new ExportException(Kind.UNKNOWN,
                "no such export: '" + Printable.of(name, MAX_SHOWN_LENGTH) + "' is not served here");
    }
}
