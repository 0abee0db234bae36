package io.varve.daemon.store;

import io.varve.daemon.boot.LoggedBoot;
import io.varve.daemon.boot.LoggedBootFile;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was written down of the last boots of each image: {@code images/NAME/TAG.boots/}, a file per boot. Of an image
 * the last {@value #MAX_BOOTS} are kept, or as many as fit into {@value #MAX_LENGTH} bytes.
 *
 * <p>Design note: these files are for people. They are not synced, and what is damaged is passed over with one line.
 *
 * <p>Thread-safe because a file appears in one step, under the catalogue's lock, and no name is used twice by one
 * process.
 */
public final class BootHistory {

    static final int MAX_BOOTS = 256;
    static final long MAX_LENGTH = 32L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(BootHistory.class);
    private static final String SUFFIX = ".boot";
    private static final AtomicInteger BOOTS = new AtomicInteger();

    private final Store store;

    BootHistory(Store store) {
        this.store = store;
    }

    /** An image that was removed meanwhile keeps nothing. */
    void keep(ImageName image, LoggedBoot boot) throws IOException {
        FileSpace space = store.space();
        Path directory = store.layout().boots(image);
        try (FileLocks.Lock held = store.lockCatalogue()) {
            if (!store.contains(image)) {
                return;
            }
            space.createDirectories(directory);
            // Names sort by time, as long as a clock has thirteen digits: until the year 2286.
            String name = String.format("%013d-%d-%05d", boot.start().toEpochMilli(), ProcessHandle.current().pid(),
                    BOOTS.getAndIncrement());
            LoggedBootFile.write(space, directory.resolve(name + ".new"), directory.resolve(name + SUFFIX), boot);
            deleteOld(directory);
        }
    }

    private void deleteOld(Path directory) throws IOException {
        List<Path> files = store.space().list(directory);
        long length = 0;
        for (int i = files.size() - 1, kept = 0; i >= 0; i--) {
            Path file = files.get(i);
            length += store.space().size(file);
            kept++;
            if (kept > MAX_BOOTS || length > MAX_LENGTH || !file.toString().endsWith(SUFFIX)) {
                store.space().delete(file);
            }
        }
    }

    /**
     * The newest first.
     *
     * @param client only boots of that one; empty: of all
     * @throws StoreException if there is no such image
     */
    public List<LoggedBoot> boots(ImageName image, Optional<String> client) throws IOException {
        store.image(image);
        List<LoggedBoot> boots = new ArrayList<>();
        for (Path file : store.space().list(store.layout().boots(image))) {
            if (!file.toString().endsWith(SUFFIX)) {
                continue;
            }
            try {
                LoggedBoot boot = LoggedBootFile.read(store.space(), file);
                if (client.isEmpty() || boot.client().equals(client)) {
                    boots.add(boot);
                }
            } catch (NoSuchFileException e) {
                LOG.debug("a newer boot took the place of {}", file);
            } catch (IOException e) {
                LOG.warn("a boot is left out: {}", e.getMessage());
            }
        }
        Collections.reverse(boots);
        return boots;
    }
}
