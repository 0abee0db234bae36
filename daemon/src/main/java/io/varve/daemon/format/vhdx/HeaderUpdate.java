package io.varve.daemon.format.vhdx;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Gives a file another DataWriteGuid, in both headers (section 2.2.2.1): first in the one that does not count, which
 * counts from then on, then in the other one, each durable before the next. Repeated after a crash it ends in the same
 * bytes, because sequence numbers go on from the header that counts.
 *
 * <p>Owned by the thread that merges.
 */
final class HeaderUpdate {

    private final BlockFile file;

    HeaderUpdate(BlockFile file) {
        this.file = file;
    }

    void putId(UUID id) throws IOException {
        Header current = Header.current(file);
        long otherPosition = Header.FIRST_POSITION + Header.SECOND_POSITION - current.position();
        Header other = Header.readOrNull(file, otherPosition);
        if (!current.dataWriteGuid().equals(id)) {
            write(current, otherPosition, current.sequenceNumber() + 1, id);
            write(current, current.position(), current.sequenceNumber() + 2, id);
        } else if (other != null && other.dataWriteGuid().equals(id)) {
            // Both are there, and perhaps only in memory.
            write(current, otherPosition, other.sequenceNumber(), id);
            write(current, current.position(), current.sequenceNumber(), id);
        } else {
            write(current, current.position(), current.sequenceNumber(), id);
            write(current, otherPosition, current.sequenceNumber() + 1, id);
        }
    }

    private void write(Header model, long position, long sequenceNumber, UUID id) throws IOException {
        UnsafeBuffer bytes = model.copy();
        bytes.putLong(Header.SEQUENCE_NUMBER_INDEX, sequenceNumber, LITTLE_ENDIAN);
        Guids.put(bytes, Header.FILE_WRITE_GUID_INDEX,
                UUID.nameUUIDFromBytes(("varve file write " + id).getBytes(StandardCharsets.US_ASCII)));
        Guids.put(bytes, Header.DATA_WRITE_GUID_INDEX, id);
        Structures.seal(bytes, Header.SIGNATURE);
        file.write(position, bytes, 0, bytes.capacity());
        file.sync();
    }
}
