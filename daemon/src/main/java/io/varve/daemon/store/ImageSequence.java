package io.varve.daemon.store;

import io.varve.daemon.boot.Pack;
import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.ProfileFile;
import io.varve.daemon.boot.SequenceSlot;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.LayerId;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * What boots of one image have taught: {@code images/<name>/<tag>.seq}. It belongs to a chain: when the name has moved
 * to another chain, the old profile is not used, and the next boot replaces it. Layers that were replaced by others of
 * the same content change nothing: the file names the chain as the image's manifest does.
 *
 * <p>Thread-safe because a file is replaced in one step, under the catalogue's lock.
 */
final class ImageSequence implements SequenceSlot {

    private final Store store;
    private final SequenceCache cache;
    private final ImageName image;
    private final List<LayerId> chain;
    private final long pageCount;
    private final Holder holder;

    /** Opens what disks of the image read from once more. Thread-safe. */
    @FunctionalInterface
    interface Holder {
        Closeable hold() throws IOException;
    }

    /** For who opens no disk. The rest is as in the other constructor. */
    ImageSequence(Store store, SequenceCache cache, ImageName image, List<LayerId> chain, long size) {
        this(store, cache, image, chain, size, () -> () -> { });
    }

    /**
     * @param chain as the image's manifest names it
     * @param size  bytes of the virtual disk
     */
    ImageSequence(Store store, SequenceCache cache, ImageName image, List<LayerId> chain, long size, Holder holder) {
        this.holder = holder;
        this.store = store;
        this.cache = cache;
        this.image = image;
        this.chain = chain;
        this.pageCount = Pages.count(size);
    }

    @Override
    public Optional<Profile> load() throws IOException {
        if (!store.space().exists(file())) {
            return Optional.empty();
        }
        Optional<Profile> learned = cache.read(file(), digest(chain), pageCount);
        if (learned.isPresent()) {
            return learned;
        }
        // A garbage collection rewrites the profile before the manifest.
        List<LayerId> resolved = store.resolve(chain);
        return resolved.equals(chain) ? learned : cache.read(file(), digest(resolved), pageCount);
    }

    @Override
    public Optional<Profile> inherit() throws IOException {
        return store.boots().inherit(image);
    }

    /** An image that was removed or replaced meanwhile keeps nothing. */
    @Override
    public void update(Change change) throws IOException {
        try (FileLocks.Lock held = store.lockCatalogue()) {
            if (!store.contains(image) || !store.image(image).chain().equals(store.resolve(chain))) {
                return;
            }
            Optional<Profile> next = change.after(loadIfReadable());
            if (next.isPresent()) {
                write(store.notedChain(image), next.get());
            }
        }
    }

    /**
     * Lets the file name another chain of the same content. The caller holds the catalogue's lock, and writes the
     * manifest next.
     */
    void rename(List<LayerId> other) throws IOException {
        Optional<Profile> learned = loadIfReadable();
        if (learned.isPresent()) {
            write(other, learned.get());
        }
    }

    /** What is damaged, or of a newer version, is replaced by the next boot. */
    private Optional<Profile> loadIfReadable() throws IOException {
        try {
            return load();
        } catch (CorruptDataException | FormatVersionException e) {
            return Optional.empty();
        }
    }

    private void write(List<LayerId> noted, Profile profile) throws IOException {
        Path temporary = file().resolveSibling(file().getFileName() + ".new");
        ProfileFile.write(store.space(), temporary, file(), digest(noted), profile);
    }

    /** @return whether there was one, for whatever chain */
    boolean forget() throws IOException {
        try (FileLocks.Lock held = store.lockCatalogue()) {
            boolean existed = store.space().exists(file());
            store.space().delete(file());
            store.space().delete(store.layout().pack(image));
            store.space().syncDirectory(file().getParent());
            return existed;
        }
    }

    @Override
    public String imageName() {
        return image.toString();
    }

    private Path file() {
        return store.layout().sequence(image);
    }

    @Override
    public Closeable hold() throws IOException {
        return holder.hold();
    }

    @Override
    public Optional<Pack> openPack() throws IOException {
        Optional<Pack> pack = Pack.open(store.space(), store.layout().pack(image), digest(chain), pageCount);
        if (pack.isPresent()) {
            return pack;
        }
        List<LayerId> noted = store.notedChain(image);
        return noted.equals(chain) || !store.resolve(noted).equals(store.resolve(chain))
                ? pack
                : Pack.open(store.space(), store.layout().pack(image), digest(noted), pageCount);
    }

    @Override
    public PackJob pack(Profile profile) throws IOException {
        Optional<Pack> present = Optional.empty();
        try {
            present = openPack();
        } catch (CorruptDataException | FormatVersionException e) {
            // It is written anew.
        }
        try (Pack held = present.orElse(null)) {
            return ImagePack.begin(store, image, chain, present, profile);
        }
    }

    /** What a chain is called in the files of its image. */
    static String digest(List<LayerId> chain) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (LayerId layer : chain) {
                sha.update(layer.hex().getBytes(StandardCharsets.US_ASCII));
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
