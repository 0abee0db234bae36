package io.varve.daemon.format.qcow2;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The name of the backing file, as it stands behind the header.
 *
 * <p>Owned by who opens the file.
 */
final class BackingName {

    private static final int MAX_LENGTH = 1023;
    private static final String FILE_PROTOCOL = "file:";
    private static final String REMEDY = "give it the name of a file with qemu-img rebase -u -F FORMAT -b FILE";

    private final BlockFile file;
    private final long end;
    private final Qcow2Header header;

    BackingName(BlockFile file, long end, Qcow2Header header) {
        this.file = file;
        this.end = end;
        this.header = header;
    }

    /** A name of no bytes is no name: qemu-img rebase leaves one behind when it takes a backing file away. */
    Optional<ParentLink> read(int clusterLength, Optional<ImageFormat> format) throws IOException {
        long position = header.backingPosition();
        long length = header.backingLength();
        if (position == 0) {
            return Optional.empty();
        }
        if (position < header.length() || position > clusterLength) {
            throw corrupt(Qcow2Header.BACKING_POSITION_OFFSET, "the name of the backing file at "
                    + Long.toUnsignedString(position) + ", not between the header and the end of its cluster");
        }
        if (length == 0) {
            return Optional.empty();
        }
        if (length > MAX_LENGTH || length > clusterLength - position) {
            throw corrupt(Qcow2Header.BACKING_LENGTH_OFFSET, "a name of the backing file with " + length + " bytes");
        }
        if (length > end - position) {
            throw corrupt(Qcow2Header.BACKING_POSITION_OFFSET,
                    "the name of the backing file at " + position + ", but the file ends at " + end);
        }
        return Optional.of(new ParentLink(List.of(path(text(position, (int) length))), Optional.empty(), format));
    }

    private String text(long position, int length) throws IOException {
        UnsafeBuffer bytes = Buffers.alignedDirect(length);
        file.read(position, bytes, 0, length);
        ByteBuffer heap = ByteBuffer.allocate(length);
        bytes.getBytes(0, heap, 0, length);
        try {
            String text = UTF_8.newDecoder().decode(heap).toString();
            if (text.indexOf(0) >= 0) {
                throw corrupt(position, "a zero in the name of the backing file");
            }
            return text;
        } catch (CharacterCodingException e) {
            throw new UnsupportedImageException(
                    file.name(), "has a backing file whose name is not in UTF-8", "rename it, and " + REMEDY);
        }
    }

    /** As QEMU has it: what stands before a colon in the first part of a name is a protocol. */
    private String path(String name) throws IOException {
        String path = name.startsWith(FILE_PROTOCOL) ? name.substring(FILE_PROTOCOL.length()) : name;
        int colon = path.indexOf(':');
        int slash = path.indexOf('/');
        if (path.isEmpty() || colon >= 0 && (slash < 0 || colon < slash)) {
            throw new UnsupportedImageException(
                    file.name(), "names its backing file by a protocol or a description", REMEDY);
        }
        return path;
    }

    private CorruptDataException corrupt(long position, String what) {
        return new CorruptDataException(file.name(), position, what);
    }
}
