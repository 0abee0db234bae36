package io.varve.daemon.transfer.qemu;

import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.Piece;
import io.varve.daemon.io.BlockFile;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.client.StatusExtent;
import io.varve.nbd.export.ExportInfo;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.List;
import java.util.Optional;
import org.agrona.MutableDirectBuffer;

/**
 * The disk that a server of QEMU shows of a file; read forward it is fast, elsewhere it is right.
 *
 * <p>Thread-safe because one thread at a time uses the connection.
 */
final class ServedImage implements ForeignImage {

    /** Bytes that are asked about at once; so many sectors in turns are little enough to remember. */
    private static final long STATUS_LENGTH = 256L << 20;

    private final BlockFile file;
    private final NbdClient client;
    private final Helper helper;
    private final Allocation allocation;
    private final ReadAhead readAhead;
    private final Optional<QemuCheck> check;

    /**
     * @param file   that the server reads; closed by {@link #close}, as is the rest
     * @param helper the server
     * @param check  of the file, if there is something that checks it
     */
    ServedImage(BlockFile file, NbdClient client, Helper helper, Optional<QemuCheck> check) {
        this.file = file;
        this.client = client;
        this.helper = helper;
        this.check = check;
        this.allocation = new Allocation(client.export().size());
        this.readAhead = new ReadAhead(client, allocation);
    }

    @Override
    public String name() {
        return file.name();
    }

    /** What is read is the disk, byte for byte. */
    @Override
    public ImageFormat format() {
        return ImageFormat.RAW;
    }

    @Override
    public long size() {
        return client.export().size();
    }

    @Override
    public synchronized boolean locate(long offset, long maxLength, Piece piece, boolean mayWait) throws IOException {
        if (!mayWait) {
            return false;
        }
        if (!allocation.knows(offset)) {
            look(offset);
        }
        long contentEnd = allocation.contentEnd(offset);
        if (contentEnd > offset) {
            piece.setEncoded(Math.min(maxLength, contentEnd - offset));
        } else {
            piece.setZero(Math.min(maxLength, allocation.nextContent(offset) - offset));
        }
        return true;
    }

    @Override
    public void requireSoundTables() throws IOException {
        if (check.isPresent()) {
            check.get().run();
        }
    }

    private void look(long offset) throws IOException {
        long length = Math.min(STATUS_LENGTH, size() - offset);
        try {
            allocation.add(offset, client.contextNames().contains(ExportInfo.BASE_ALLOCATION)
                    ? client.blockStatus(offset, length, 0).get(ExportInfo.BASE_ALLOCATION)
                    : List.of(new StatusExtent(length, 0)));
        } catch (IOException e) {
            throw failure(e, offset);
        }
    }

    @Override
    public synchronized void readEncoded(long offset, MutableDirectBuffer destination, int index, int length)
            throws IOException {
        allocation.forgetBefore(offset);
        try {
            readAhead.read(offset, destination, index, length);
        } catch (IOException e) {
            throw failure(e, offset);
        }
    }

    private IOException failure(IOException cause, long offset) {
        if (cause instanceof ClosedByInterruptException || helper.isStopping()) {
            return new InterruptedIOException();
        }
        return helper.failure(" at byte " + offset + " of its disk", cause);
    }

    @Override
    public BlockFile file() {
        return file;
    }

    @Override
    public Optional<ParentLink> parent() {
        return Optional.empty();
    }

    @Override
    public Optional<String> id() {
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        try (file; client) {
            helper.close();
        }
    }
}
