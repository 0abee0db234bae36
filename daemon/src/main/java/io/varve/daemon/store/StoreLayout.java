package io.varve.daemon.store;

import io.varve.daemon.layer.LayerId;
import java.nio.file.Path;
import java.util.List;

/**
 * Where everything in a store lives; the picture is in the description of this package.
 *
 * <p>Immutable.
 *
 * @param root the store's directory
 */
public record StoreLayout(Path root) {

    static final String MANIFEST_SUFFIX = ".json";
    static final String SEQUENCE_SUFFIX = ".seq";
    static final String PACK_SUFFIX = ".pack";
    static final String BOOTS_SUFFIX = ".boots";

    /** Format, version and id of the store. */
    public Path identity() {
        return root.resolve("varve.json");
    }

    /** Held exclusively by the one daemon of the store, as long as it runs. */
    public Path daemonLock() {
        return root.resolve("daemon.lock");
    }

    /** Held exclusively, for milliseconds, by whoever changes the catalogue. */
    public Path catalogueLock() {
        return root.resolve("catalogue.lock");
    }

    /** Held shared while layers are being written that no manifest names yet; exclusively by whoever deletes layers. */
    public Path writersLock() {
        return root.resolve("writers.lock");
    }

    public Path layers() {
        return root.resolve("layers");
    }

    public Path blobs() {
        return root.resolve("blobs");
    }

    /** Directories of frozen overlays, which are layers until they are sealed. */
    public Path frozen() {
        return root.resolve("frozen");
    }

    /** Where the layer is if it is a frozen overlay. */
    Path frozen(LayerId layer) {
        return frozen().resolve(layer.hex());
    }

    /** Which image files are layers where they are. */
    Path linked() {
        return root.resolve("linked");
    }

    /** Where is said which files the layer is, if it is an image file. */
    Path linked(LayerId layer) {
        return linked().resolve(layer.hex() + LinkedImage.SUFFIX);
    }

    /** Which layers have taken the place of which. */
    Path replaced() {
        return root.resolve("replaced");
    }

    /** Since when nobody needs certain files. */
    Path unreachable() {
        return root.resolve("unreachable.json");
    }

    /** Which layers imported files became. */
    Path foreign() {
        return root.resolve("foreign");
    }

    public Path images() {
        return root.resolve("images");
    }

    public Path overlays() {
        return root.resolve("overlays");
    }

    public Path ephemeral() {
        return root.resolve("ephemeral");
    }

    public Path temporary() {
        return root.resolve("tmp");
    }

    /** Counters of the running daemon, mapped. */
    public Path counters() {
        return root.resolve("counters");
    }

    /** Default listener. */
    public Path nbdSocket() {
        return root.resolve("varve.sock");
    }

    public Path controlSocket() {
        return root.resolve("control.sock");
    }

    /** What a new store consists of, beside its identity and its locks. */
    List<Path> directories() {
        return List.of(
                layers(), blobs(), frozen(), linked(), replaced(), images(), overlays(), ephemeral(), temporary());
    }

    /** Whether a child of the root may be there before the store is complete. */
    boolean isOurs(Path child) {
        return directories().contains(child)
                || List.of(catalogueLock(), writersLock(), daemonLock(), root.resolve("lost+found")).contains(child);
    }

    public Path manifest(ImageName image) {
        return images().resolve(Names.encode(image.name())).resolve(image.tag() + MANIFEST_SUFFIX);
    }

    public Path sequence(ImageName image) {
        return images().resolve(Names.encode(image.name())).resolve(image.tag() + SEQUENCE_SUFFIX);
    }

    /** Directory of what was written down of the last boots. */
    Path boots(ImageName image) {
        return images().resolve(Names.encode(image.name())).resolve(image.tag() + BOOTS_SUFFIX);
    }

    /** The pages that boots of the image read. */
    public Path pack(ImageName image) {
        return images().resolve(Names.encode(image.name())).resolve(image.tag() + PACK_SUFFIX);
    }

    /** Directory that holds one directory per client of the image. */
    public Path overlays(ImageName image) {
        return overlays().resolve(Names.encode(image.name())).resolve(image.tag());
    }

    /** @param export with a client */
    public Path overlay(ExportName export) {
        return overlays(export.image()).resolve(Names.encode(export.client().orElseThrow()));
    }
}
