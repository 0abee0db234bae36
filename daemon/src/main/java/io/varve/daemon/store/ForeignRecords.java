package io.varve.daemon.store;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which layers imported files became; the file is in the description of this package. A record keeps no layer alive: it
 * is a hint, and one that leads to a layer that is gone is forgotten.
 *
 * <p>Thread-safe because it keeps nothing, and readers see whole files; whoever changes something holds the
 * catalogue's lock.
 */
public final class ForeignRecords {

    private static final Logger LOG = LoggerFactory.getLogger(ForeignRecords.class);

    private static final String FORMAT = "varve-foreign";
    private static final int VERSION = 1;
    private static final String SUFFIX = ".json";
    private static final int MAX_FILE_COUNT = 64;
    private static final Set<String> FIELDS = Set.of("format", "version", "files", "layers");

    private final Store store;
    private final FileSpace space;
    private final SmallFiles files;
    private final Path directory;

    public ForeignRecords(Store store) {
        this.store = store;
        this.space = store.space();
        this.files = new SmallFiles(space);
        this.directory = store.layout().foreign();
    }

    /**
     * The layers that say what a file and its parents say, as they are now. They stay while the caller holds {@link
     * Store#lockForWriting}.
     *
     * @param identities of the file, its parent, and so on: text that stands for the content of each
     * @return empty if nothing is known, or a layer is gone
     */
    public Optional<List<LayerId>> find(List<String> identities) throws IOException {
        Path file = file(identities);
        try {
            List<LayerId> layers = store.resolve(read(file, identities));
            if (areThere(layers)) {
                return Optional.of(layers);
            }
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (CorruptDataException | FormatVersionException e) {
            LOG.info("a record of an imported file is not used: {}", e.getMessage());
        }
        forget(identities);
        return Optional.empty();
    }

    /** Durable at return. The layers are durable before. */
    public void note(List<String> identities, List<LayerId> layers) throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("format", FORMAT);
        fields.put("version", VERSION);
        fields.put("files", identities);
        fields.put("layers", layers.stream().map(LayerId::hex).toList());
        try (FileLocks.Lock held = store.lockCatalogue()) {
            if (!space.exists(directory)) {
                space.createDirectories(directory);
                space.syncDirectory(directory.getParent());
            }
            files.replace(file(identities), JsonDocument.compose(fields));
        }
    }

    /** The next import of the file reads it. */
    public void forget(List<String> identities) throws IOException {
        try (FileLocks.Lock held = store.lockCatalogue()) {
            space.delete(file(identities));
        }
    }

    /** Files of records that lead to layers which are gone, or cannot be read. */
    List<Path> stale() throws IOException {
        List<Path> stale = new ArrayList<>();
        for (Path file : space.list(directory)) {
            if (!file.getFileName().toString().endsWith(SUFFIX)) {
                continue;
            }
            try {
                if (!areThere(store.resolve(read(file, null)))) {
                    stale.add(file);
                }
            } catch (CorruptDataException e) {
                stale.add(file);
            } catch (FormatVersionException | NoSuchFileException e) {
                LOG.debug("left alone", e);
            }
        }
        return stale;
    }

    private boolean areThere(List<LayerId> layers) {
        return layers.stream().allMatch(layer -> space.exists(store.layout().layers().resolve(layer.hex() + SUFFIX)));
    }

    private Path file(List<String> identities) {
        String text = String.join("\n", identities);
        return directory.resolve(Sha256.hex(text.getBytes(StandardCharsets.UTF_8)) + SUFFIX);
    }

    /** @param identitiesOrNull what it must be about */
    private List<LayerId> read(Path file, List<String> identitiesOrNull) throws IOException {
        JsonDocument json = JsonDocument.parse(file.toString(), files.read(file, ImageManifest.MAX_FILE_LENGTH));
        json.requireFormat(FORMAT, VERSION);
        json.requireOnly(FIELDS);
        List<String> identities = json.strings("files", MAX_FILE_COUNT);
        if (identitiesOrNull != null && !identities.equals(identitiesOrNull)) {
            throw json.corrupt("files", "its name is that of other files");
        }
        return json.layers("layers");
    }
}
