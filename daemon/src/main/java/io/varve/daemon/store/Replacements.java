package io.varve.daemon.store;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which layers have taken the place of which; the rules are in the description of this package.
 *
 * <p>Thread-safe because it keeps nothing, and readers see whole files; whoever changes something holds the
 * catalogue's lock.
 */
final class Replacements {

    /** Replacements may vanish while a chain is resolved; then it is resolved anew. */
    private static final int ATTEMPTS = 16;
    private static final Consumer<Replacement> NOBODY = used -> {};

    private final FileSpace space;
    private final SmallFiles files;
    private final Path directory;

    /** Finds what replaces the longest beginning of a chain. */
    @FunctionalInterface
    private interface Lookup {
        /** @return null if none is replaced */
        Replacement longest(List<LayerId> chain) throws IOException;
    }

    /** Says what chains consist of, as {@link #resolve}. */
    @FunctionalInterface
    interface Resolver {
        List<LayerId> resolve(List<LayerId> chain) throws IOException;
    }

    Replacements(FileSpace space, StoreLayout layout) {
        this.space = space;
        this.files = new SmallFiles(space);
        this.directory = layout.replaced();
    }

    /**
     * The layers that a chain consists of now: equal content, and all of them are there if those of the chain were
     * when it was written down.
     *
     * @throws CorruptDataException if a replacement that is needed is damaged, or leads in a circle
     */
    List<LayerId> resolve(List<LayerId> chain) throws IOException {
        return resolve(chain, NOBODY);
    }

    /** @param listener hears each replacement that was needed, in order */
    List<LayerId> resolve(List<LayerId> chain, Consumer<Replacement> listener) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Set<String> names = names();
            if (names.isEmpty()) {
                return List.copyOf(chain);
            }
            try {
                return resolve(chain, current -> longest(current, names), listener);
            } catch (NoSuchFileException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private List<LayerId> resolve(List<LayerId> chain, Lookup lookup, Consumer<Replacement> listener)
            throws IOException {
        List<LayerId> current = List.copyOf(chain);
        Map<Replacement, Integer> lengths = new HashMap<>();
        while (true) {
            Replacement longest = lookup.longest(current);
            if (longest == null) {
                return current;
            }
            // A second time is fine if layers above were used up meanwhile; otherwise it would go on for ever.
            Integer before = lengths.put(longest, current.size());
            if (before != null && before <= current.size()
                    || current.size() - longest.from().size() + longest.to().size() > ImageManifest.MAX_CHAIN_LENGTH) {
                throw new CorruptDataException(directory.resolve(longest.fileName()).toString(), 0,
                        "this replacement of layers leads in a circle");
            }
            listener.accept(longest);
            current = longest.apply(current);
        }
    }

    /**
     * For many chains at this moment: reads all replacements first, where {@link #resolve} reads those that a chain
     * needs. If one of them cannot be read, only chains that need it suffer.
     */
    Resolver forMany() throws IOException {
        try {
            ReplacementIndex index = new ReplacementIndex(list());
            return chain -> resolve(chain, index::longest, NOBODY);
        } catch (CorruptDataException | FormatVersionException | NoSuchFileException e) {
            return this::resolve;
        }
    }

    /** Null if no beginning is replaced. @param names of the files that are there */
    private Replacement longest(List<LayerId> chain, Set<String> names) throws IOException {
        MessageDigest digest = Sha256.digest();
        List<String> beginnings = new ArrayList<>(chain.size());
        for (LayerId layer : chain) {
            digest.update(layer.hex().getBytes(StandardCharsets.US_ASCII));
            beginnings.add(HexFormat.of().formatHex(digestSoFar(digest)) + Replacement.SUFFIX);
        }
        for (int i = beginnings.size() - 1; i >= 0; i--) {
            if (names.contains(beginnings.get(i))) {
                Replacement found = read(directory.resolve(beginnings.get(i)));
                if (found.appliesTo(chain)) {
                    return found;
                }
            }
        }
        return null;
    }

    private static byte[] digestSoFar(MessageDigest digest) {
        try {
            return ((MessageDigest) digest.clone()).digest();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("every JDK can copy a SHA-256", e);
        }
    }

    /** File names; whatever else lies there is none of ours. */
    private Set<String> names() throws IOException {
        Set<String> names = new HashSet<>();
        for (Path file : space.list(directory)) {
            String name = file.getFileName().toString();
            if (name.length() == 64 + Replacement.SUFFIX.length() && name.endsWith(Replacement.SUFFIX)) {
                names.add(name);
            }
        }
        return names;
    }

    /** Files of replacements, sorted; whether they can be read is not looked at. */
    List<Path> files() throws IOException {
        return names().stream().sorted().map(directory::resolve).toList();
    }

    /** @throws CorruptDataException if it is damaged, or has the name of another one */
    Replacement read(Path file) throws IOException {
        return Replacement.parse(file, files.read(file, Replacement.MAX_FILE_LENGTH));
    }

    /** All of them, sorted by file name. */
    List<Replacement> list() throws IOException {
        List<Replacement> all = new ArrayList<>();
        for (String name : names().stream().sorted().toList()) {
            all.add(read(directory.resolve(name)));
        }
        return all;
    }

    Path file(Replacement replacement) {
        return directory.resolve(replacement.fileName());
    }

    /**
     * Makes it so, durable at return. The caller holds the catalogue's lock. Where {@code to} was replaced itself, the
     * layers that took its place are taken. If these are {@code from}, it is a way back: the replacement of {@code to}
     * goes first; a crash in between leaves both chains as they are.
     *
     * @param chains that must not be led in a circle by it: those of all images and overlays
     * @return what {@code from} is now
     * @throws StoreException if {@code from} was replaced already, or chains would be led in a circle; nothing happened
     */
    List<LayerId> add(Replacement wanted, Collection<List<LayerId>> chains) throws IOException {
        Map<String, Replacement> all = new HashMap<>();
        for (Replacement known : list()) {
            all.put(known.fileName(), known);
        }
        Lookup before = new ReplacementIndex(all.values())::longest;
        if (!resolve(wanted.from(), before, NOBODY).equals(wanted.from())) {
            throw new StoreException("these layers were replaced meanwhile, by another varve: run it again");
        }
        Map<String, Replacement> next = new HashMap<>(all);
        Replacement fresh;
        boolean back;
        try {
            List<LayerId> to = resolve(wanted.to(), before, NOBODY);
            back = wanted.appliesTo(to) && next.remove(Replacement.fileName(wanted.to())) != null;
            fresh = back ? wanted : new Replacement(wanted.from(), to);
            next.put(fresh.fileName(), fresh);
            requireNoCircle(fresh, all, next, back, chains);
        } catch (CorruptDataException e) {
            throw circle(e);
        }
        if (!space.exists(directory)) {
            space.createDirectories(directory);
            space.syncDirectory(directory.getParent());
        }
        if (back) {
            space.delete(directory.resolve(Replacement.fileName(fresh.to())));
            space.syncDirectory(directory);
        }
        files.replace(directory.resolve(fresh.fileName()), fresh.toJson());
        return fresh.to();
    }

    private void requireNoCircle(Replacement fresh, Map<String, Replacement> all,
            Map<String, Replacement> next, boolean back, Collection<List<LayerId>> chains) throws IOException {
        List<List<LayerId>> known = new ArrayList<>(chains);
        all.values().forEach(each -> known.add(each.from()));
        Lookup before = new ReplacementIndex(all.values())::longest;
        Lookup after = new ReplacementIndex(next.values())::longest;
        for (List<LayerId> chain : known) {
            List<LayerId> now = resolve(chain, after, NOBODY);
            // A chain that took the removed step on its way to other layers may have lost those it began with.
            if (back && !now.equals(inPlace(fresh, resolve(chain, before, NOBODY)))) {
                throw circle(null);
            }
        }
        if (!resolve(fresh.to(), after, NOBODY).equals(fresh.to())) {
            throw circle(null);
        }
    }

    private static List<LayerId> inPlace(Replacement fresh, List<LayerId> chain) {
        return fresh.appliesTo(chain) ? fresh.apply(chain) : chain;
    }

    private static StoreException circle(Throwable cause) {
        return new StoreException("layers cannot take the place of such that took theirs before, and no chain may "
                + "become longer than " + ImageManifest.MAX_CHAIN_LENGTH + " layers: run 'varve gc' first, or flatten "
                + "the image", cause);
    }
}
