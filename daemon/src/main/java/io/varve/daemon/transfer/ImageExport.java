package io.varve.daemon.transfer;

import io.varve.daemon.format.ImageChain;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ImageOpener;
import io.varve.daemon.format.ImageReader;
import io.varve.daemon.format.ImageVariant;
import io.varve.daemon.format.ImageWriter;
import io.varve.daemon.format.qcow2.Qcow2Writer;
import io.varve.daemon.format.raw.RawWriter;
import io.varve.daemon.format.vhd.VhdWriter;
import io.varve.daemon.format.vhdx.VhdxShape;
import io.varve.daemon.format.vhdx.VhdxWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.NoSpaceException;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.ForeignRecords;
import io.varve.daemon.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a file of an image, or of what a client has, in one of the formats that people have; see the description of
 * this package.
 *
 * <p>Owned by the thread that runs it; interrupting that thread stops it.
 */
public final class ImageExport {

    private static final Logger LOG = LoggerFactory.getLogger(ImageExport.class);

    private static final int SECTOR_LENGTH = 512;
    /** Small, so that a copy without holes is not much larger than the data; that of Windows for children. */
    private static final int VHDX_BLOCK_LENGTH = 2 << 20;
    /** Bytes that wait for the disk at most, in good order. */
    private static final long SYNC_LENGTH = 64 << 20;
    private static final long MAX_VHDX_SIZE = 64L << 40;

    private final Store store;
    private final ExportTarget target;
    private final ProgressListener listener;
    private final ForeignRecords records;
    private long dataLength;

    public ImageExport(Store store, ExportTarget target, ProgressListener listener) {
        this.store = store;
        this.target = target;
        this.listener = listener;
        this.records = new ForeignRecords(store);
    }

    /**
     * What was made.
     *
     * @param sourceSize bytes of the disk in the store
     * @param size       bytes of the disk in the file: the same, or rounded up to what the format can have
     * @param dataLength bytes of data that were written
     * @param fileLength bytes of the file, holes included
     * @param known      whether the store knew the parent, so that only what differs was looked at
     */
    public record Outcome(long sourceSize, long size, long dataLength, long fileLength, boolean known) {}

    /**
     * @param name an image, or the overlay of a client that is not connected
     * @throws ExportException                       if the file cannot be made; it is not there then
     * @throws io.varve.daemon.store.StoreException if there is no such image or overlay, or the client is connected
     * @throws InterruptedException                  if the thread was interrupted; the file is not there then
     */
    public Outcome run(ExportName name) throws IOException, InterruptedException {
        Path path = NewFile.place(target.path(), target.replaces());
        try (ExportSource source = ExportSource.open(store, name)) {
            requireNotRead(path, source.layers());
            if (target.parent().isEmpty()) {
                return run(path, source, null);
            }
            try (ExportParent parent = ExportParent.open(store.space(), target)) {
                requireFits(path, source, parent);
                return run(path, source, parent);
            }
        } catch (NoSpaceException e) {
            throw new NoSpaceException("no space left for " + target.path() + ": free some and export again ("
                    + e.getMessage() + ")", e);
        }
    }

    private void requireNotRead(Path path, List<LayerId> layers) throws IOException {
        for (LayerId layer : layers) {
            Optional<Path> file = store.linkedFile(layer);
            if (file.isPresent() && Files.exists(path) && Files.isSameFile(path, file.get())) {
                throw new ExportException(target.path() + " is a file that the image is served from: choose another");
            }
        }
    }

    private void requireFits(Path path, ExportSource source, ExportParent parent) throws IOException {
        if (Files.exists(path) && parent.has(path)) {
            throw new ExportException(target.path() + " is its own parent, or one of its parents: choose another name");
        }
        long size = roundedUp(source.size(), parent.sectorLength());
        if (parent.disk().size() != size) {
            throw new ExportException("the disk has " + size + " bytes, and that of its parent "
                    + target.parent().orElseThrow() + " has " + parent.disk().size()
                    + ": name a parent of the same size, or export without --parent");
        }
    }

    private static long roundedUp(long size, int unit) {
        return (size + unit - 1) / unit * unit;
    }

    private Outcome run(Path path, ExportSource source, ExportParent parentOrNull)
            throws IOException, InterruptedException {
        long size = target.format() == ImageFormat.RAW ? source.size()
                : roundedUp(source.size(), parentOrNull == null ? SECTOR_LENGTH : parentOrNull.sectorLength());
        requirePossible(size);
        int knownCount = parentOrNull == null || size != source.size() ? 0 : knownCount(source, parentOrNull);
        ExportReader reader = parentOrNull == null
                ? new WholeReader(source, size)
                : new DifferenceReader(source, knownCount, parentOrNull);
        long fileLength;
        try (NewFile file = NewFile.create(store.space(), path, target.replaces())) {
            try (ImageWriter writer = writer(file.file(), path, size, parentOrNull)) {
                copy(reader, writer, file.file(), size);
            }
            if (parentOrNull != null) {
                parentOrNull.requireUnchanged();
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            fileLength = file.file().size();
            file.publish();
        }
        if (!source.hasOverlay() && size == source.size() && target.format() != ImageFormat.RAW) {
            note(path, source.layers());
        }
        return new Outcome(source.size(), size, dataLength, fileLength, knownCount > 0);
    }

    private void requirePossible(long size) throws ExportException {
        if (target.format() == ImageFormat.VHD && size > VhdWriter.MAX_SIZE) {
            throw new ExportException("a VHD has at most " + VhdWriter.MAX_SIZE + " bytes (2040 GiB), the disk has "
                    + size + ": export it with --format vhdx");
        }
        if (target.format() == ImageFormat.VHDX && size > MAX_VHDX_SIZE) {
            throw new ExportException("a VHDX has at most " + MAX_VHDX_SIZE + " bytes (64 TiB), the disk has " + size
                    + ": export it with --format qcow2 or raw");
        }
    }

    private ImageWriter writer(BlockFile file, Path path, long size, ExportParent parentOrNull) throws IOException {
        UUID id = UUID.randomUUID();
        long time = Instant.now().getEpochSecond();
        boolean isFixed = target.variant() == ImageVariant.FIXED;
        return switch (target.format()) {
            case RAW -> new RawWriter(file, size);
            case QCOW2 -> new Qcow2Writer(file, size, target.variant() == ImageVariant.COMPRESSED
                    ? Qcow2Writer.Packing.ZSTD : Qcow2Writer.Packing.PLAIN);
            case VHD -> parentOrNull != null ? VhdWriter.differencing(file, size, id, time, parentOrNull.vhd(path))
                    : isFixed ? VhdWriter.fixed(file, size, id, time) : VhdWriter.dynamic(file, size, id, time);
            case VHDX -> parentOrNull != null
                    ? VhdxWriter.differencing(file, new VhdxShape(size, VHDX_BLOCK_LENGTH,
                            parentOrNull.sectorLength()), UUID::randomUUID, parentOrNull.vhdx(path))
                    : VhdxWriter.dynamic(file, new VhdxShape(size, VHDX_BLOCK_LENGTH, SECTOR_LENGTH),
                            UUID::randomUUID);
        };
    }

    private void copy(ExportReader reader, ImageWriter writer, BlockFile file, long size)
            throws IOException, InterruptedException {
        ProgressClock progress = new ProgressClock(listener, System::nanoTime, size, 0);
        try (WriteBehind behind = new WriteBehind(file, SYNC_LENGTH); ExportPipe pipe = new ExportPipe(reader)) {
            pipe.run(batch -> {
                batch.writeTo(writer);
                behind.wrote(batch.dataLength());
                dataLength += batch.dataLength();
                progress.onStep(batch.end());
            });
            behind.end();
        }
        writer.finish();
        progress.onEnd();
    }

    /** Lowest layers of the disk that say what the parent says; 0 if the store does not know. */
    private int knownCount(ExportSource source, ExportParent parent) throws IOException {
        List<LayerId> layers = source.layers();
        if (!layers.isEmpty() && store.isLinked(layers.get(0), target.format(), parent.stamps())) {
            return 1;
        }
        List<LayerId> known = records.find(parent.identities()).orElse(List.of());
        return known.size() <= layers.size() && layers.subList(0, known.size()).equals(known) ? known.size() : 0;
    }

    /** The file is complete, and stays if this fails: then an import of it, or a child, takes longer. */
    private void note(Path path, List<LayerId> layers) {
        try {
            List<Path> directories = new ArrayList<>(target.parentDirectories());
            if (target.parent().isPresent()) {
                directories.add(target.parent().get().toRealPath().getParent());
            }
            ImageOpener.Opened opened = new ImageOpener(store.space(), ImageReader::ofAll, directories)
                    .open(path, Optional.of(target.format()));
            try (ImageChain chain = opened.chain()) {
                records.note(FileIdentity.of(chain, opened.stamps(), 0), layers);
            }
        } catch (IOException e) {
            LOG.info("that {} was exported is not noted: {}", path, e.getMessage());
        }
    }
}
