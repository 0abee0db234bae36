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
import java.util.OptionalLong;

/**
 * Makes an image of a raw disk on other machines, of which nothing is read until a client reads it.
 *
 * <p>Immutable.
 *
 * @param image       its name in the store
 * @param locations   of one and the same disk, as {@link RemoteSources.Opener} understands them; the first one names it
 * @param manifest    file or address of what says what is on the disk; empty: whatever the first answer is
 * @param cacheLength bytes of it that may be kept on disk; 0: all of it
 * @param fillRate    if sealed layers take its place, made in the background while it is served: bytes per second; 0:
 *                    as everything else that is copied
 */
public record RemoteLink(ImageName image, List<String> locations, Optional<String> manifest, long cacheLength,
        OptionalLong fillRate) {

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
                    RemoteDisk.name(locations.get(0)), null);
            store.publish(image, linked);
            if (fillRate.isPresent()) {
                store.linkedLayers().importInBackground(remote.id());
            }
            return linked;
        }
    }

    private RemoteImage link(Store store, OriginIdentity identity) throws IOException {
        if (manifest.isEmpty()) {
            RemoteImage remote = image(identity, Optional.empty());
            store.linkedLayers().link(remote);
            return remote;
        }
        try (ManifestSource source = ManifestSource.open(store.space(), manifest.get())) {
            OriginIdentity sameSize = new OriginIdentity(identity.size(), "");
            return store.linkedLayers().link(source, id -> image(sameSize, Optional.of(id)), identity.size());
        }
    }

    private RemoteImage image(OriginIdentity identity, Optional<String> manifestId) {
        return new RemoteImage(locations, identity, manifestId, cacheLength, fillRate.orElse(0));
    }
}
