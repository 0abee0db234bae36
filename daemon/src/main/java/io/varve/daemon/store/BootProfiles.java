package io.varve.daemon.store;

import io.varve.daemon.boot.Pack;
import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.ProfileFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What boots of the images of a store have taught, and how it gets from one image to another.
 *
 * <p>Design note: an image inherits when it is made, and once more when its first client comes, because the image that
 * it was made of may be gone by then, or may have been booted meanwhile. From whom is not noted anywhere: it is the
 * image with the most layers in common, from the base on, so that it does not matter which command made it.
 *
 * <p>Thread-safe because it keeps nothing; files are replaced in one step, under the catalogue's lock.
 */
public final class BootProfiles {

    private static final Logger LOG = LoggerFactory.getLogger(BootProfiles.class);

    private final Store store;

    BootProfiles(Store store) {
        this.store = store;
    }

    /**
     * Empty where there is nothing yet, or only about an older content.
     *
     * @throws StoreException if there is no such image
     */
    public Optional<Profile> profile(ImageName image) throws IOException {
        return sequence(image).load();
    }

    /** Bytes of the file with the pages that boots of an image read; 0 if there is none, or none that can be used. */
    public long packLength(ImageName image) throws IOException {
        try (Pack pack = sequence(image).openPack().orElse(null)) {
            return pack == null ? 0 : pack.length();
        } catch (CorruptDataException | FormatVersionException e) {
            return 0;
        }
    }

    /**
     * The next boot of the image begins anew.
     *
     * @return whether there was something to forget
     */
    public boolean forget(ImageName image) throws IOException {
        return sequence(image).forget();
    }

    private ImageSequence sequence(ImageName image) throws IOException {
        ImageManifest manifest = store.catalogue().read(image);
        return new ImageSequence(
                store, new SequenceCache(store.space()), image, manifest.chain(), manifest.size());
    }

    /**
     * Writes what is known of an image to a file that another store can read.
     *
     * @return what was written
     * @throws StoreException if nothing is known, or the file exists
     */
    public Profile exportTo(ImageName image, Path file) throws IOException {
        Profile known = profile(image).orElseThrow(() -> new StoreException(
                "image " + image + ": nothing learned yet: the next client is recorded"));
        Path target = file.toAbsolutePath();
        if (store.space().exists(target)) {
            throw new StoreException("file " + file + ": exists already: choose another name");
        }
        if (!store.space().isDirectory(target.getParent())) {
            throw new StoreException("file " + file + ": there is no such directory: make it first");
        }
        Path temporary = target.resolveSibling("." + target.getFileName() + ".new");
        ProfileFile.write(store.space(), temporary, target, "export", known);
        return known;
    }

    /**
     * Takes what another store knows of an image, in place of what is known here.
     *
     * @return what is known now
     * @throws StoreException if there is no such image, or it has another size
     */
    public Profile importFrom(Path file, ImageName image) throws IOException {
        ImageManifest manifest = store.image(image);
        Profile known = ProfileFile.read(store.space(), file)
                .orElseThrow(() -> new StoreException("file " + file + ": it says that nothing was learned"))
                .profile();
        if (known.diskPageCount() != Pages.count(manifest.size())) {
            throw new StoreException("file " + file + ": learned from a disk of " + Pages.offset(known.diskPageCount())
                    + " bytes, image " + image + " has " + manifest.size() + ": import it for the image it is of");
        }
        ImageSequence slot = sequence(image);
        slot.update(before -> Optional.of(known));
        return known;
    }

    /**
     * The same content in other layers: what is known of the one is as good for the other.
     *
     * @param heir of which nothing is known
     */
    void copy(ImageName donor, ImageName heir) {
        try {
            Optional<Profile> known = profile(donor);
            if (known.isPresent()) {
                sequence(heir).update(own -> own.isPresent() ? Optional.empty() : known);
            }
        } catch (IOException e) {
            LOG.debug("image {} inherits nothing from {}", heir, donor, e);
        }
    }

    /** For an image that was just made. That it begins to boot with nothing is no reason to fail. */
    void inheritIfPossible(ImageName heir) {
        try {
            inherit(heir);
        } catch (IOException e) {
            LOG.debug("image {} inherits nothing", heir, e);
        }
    }

    /**
     * If nothing is known of an image: what is known of the image that shares most layers with it, as far as pages are
     * the same.
     *
     * @return what is known now
     */
    Optional<Profile> inherit(ImageName heir) throws IOException {
        ImageSequence own = sequence(heir);
        Optional<Profile> known = own.load();
        if (known.isPresent()) {
            return known;
        }
        ImageManifest manifest = store.image(heir);
        Optional<Donor> donor = donor(heir, manifest);
        if (donor.isEmpty()) {
            return Optional.empty();
        }
        Optional<Profile> carried = carry(donor.get(), manifest);
        if (carried.isPresent()) {
            own.update(before -> before.isPresent() ? Optional.empty() : carried);
            LOG.info("image {} inherits what boots of {} have taught", heir, donor.get().image);
        }
        return carried;
    }

    /**
     * Immutable.
     *
     * @param sharedCount layers in common, from the base on
     */
    private record Donor(ImageName image, ImageManifest manifest, int sharedCount) {}

    private Optional<Donor> donor(ImageName heir, ImageManifest manifest) throws IOException {
        Donor best = null;
        for (ImageName image : store.images()) {
            if (image.equals(heir) || !store.space().exists(store.layout().sequence(image))) {
                continue;
            }
            try {
                ImageManifest other = store.image(image);
                int shared = sharedCount(manifest.chain(), other.chain());
                if (shared > 0 && (best == null || shared > best.sharedCount) && profile(image).isPresent()) {
                    best = new Donor(image, other, shared);
                }
            } catch (IOException e) {
                LOG.debug("nobody inherits from image {}", image, e);
            }
        }
        return Optional.ofNullable(best);
    }

    private static int sharedCount(List<LayerId> one, List<LayerId> other) {
        int count = 0;
        while (count < Math.min(one.size(), other.size()) && one.get(count).equals(other.get(count))) {
            count++;
        }
        return count;
    }

    private Optional<Profile> carry(Donor donor, ImageManifest manifest) throws IOException {
        Optional<Profile> known = profile(donor.image);
        if (known.isEmpty() || donor.manifest.sameContent(manifest)) {
            return known;
        }
        try (Chain from = store.openChain(donor.manifest.chain(), donor.manifest.size());
                Chain to = store.openChain(manifest.chain(), manifest.size())) {
            return known.get().carriedTo(Pages.count(manifest.size()), new UnchangedPages(from, to));
        }
    }
}
