package io.varve.daemon.store;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.remote.ManifestSource;
import io.varve.daemon.remote.OriginIdentity;
import io.varve.daemon.remote.RemoteDisk;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Makes an image of a raw disk on other machines, of which nothing is read until a client reads it.
 *
 * <p>Immutable.
 *
 * @param image       its name in the store
 * @param locations   of one and the same disk, as {@link RemoteSources.Opener} understands them; the first one names it
 * @param manifest    file or address of what says what is on the disk; empty: whatever the first answer is
 * @param cacheLength bytes of it that may be kept on disk; 0: all of it
 * @param imported    whether sealed layers take its place, made in the background while it is served
 */
public record RemoteLink(ImageName image, List<String> locations, Optional<String> manifest, long cacheLength,
        boolean imported) {

    public RemoteLink {
        locations = List.copyOf(locations);
        if (locations.isEmpty() || locations.size() > RemoteImage.MAX_LOCATIONS) {
            throw new IllegalArgumentException(locations.size() + " locations");
        }
    }

    /**
     * Gives the image its name, durable at return. The same disk again changes nothing but its mirrors and its cache.
     *
     * @param identity what the disk is like
     * @throws StoreException if another image has the name, or the disk has a size that cannot be served
     */
    public ImageManifest publish(Store store, OriginIdentity identity) throws IOException {
        if (identity.size() < 1 || identity.size() > Chunks.MAX_DISK_SIZE) {
            throw new StoreException(RemoteDisk.name(locations.get(0)) + " is a disk of " + identity.size()
                    + " bytes: 1 to " + Chunks.MAX_DISK_SIZE + " can be served from another machine");
        }
        try (FileLocks.Lock writing = store.lockForWriting()) {
            RemoteImage remote = link(store, identity);
            ImageManifest linked = new ImageManifest(identity.size(), List.of(remote.id()), Instant.now(),
                    locations.get(0), null);
            store.publish(image, linked);
            if (imported) {
                store.linkedLayers().importInBackground(remote.id());
            }
            return linked;
        }
    }

    private RemoteImage link(Store store, OriginIdentity identity) throws IOException {
        if (manifest.isEmpty()) {
            RemoteImage remote = new RemoteImage(locations, identity, Optional.empty(), cacheLength);
            store.linkedLayers().link(remote);
            return remote;
        }
        try (ManifestSource source = ManifestSource.open(store.space(), manifest.get())) {
            return store.linkedLayers().link(source, id -> new RemoteImage(
                    locations, new OriginIdentity(identity.size(), ""), Optional.of(id), cacheLength), identity.size());
        }
    }
}
