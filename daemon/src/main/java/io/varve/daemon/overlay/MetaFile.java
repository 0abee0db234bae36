package io.varve.daemon.overlay;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The file that makes a directory an overlay: what it is the top of, and who owns it.
 *
 * <pre>
 *     0  {@link Header}, magic VRVOMETA; 12: bytes of the body, u32; 32: CRC32C of the body, u32
 *  4096  {@link Header}, magic VRVEPOCH; 32: owner epoch, u64; 40: 1 + seq of the last record that this owner found
 *        and took over, u64, 0 if it is not known. A record of an older owner behind that one came late: it counts not
 *  8192  the same; the larger epoch counts, the other one is overwritten by the next owner
 * 12288  body: size u64, created u64 (milliseconds), bytes of a journal half u32, layers u32, then texts of a u16
 *        length and so many bytes of UTF-8: image name, image tag, client, and the layers, base first
 * </pre>
 *
 * <p>Owned by the thread that opens the overlay.
 */
final class MetaFile {

    private static final int BODY_CRC_OFFSET = 32;
    private static final int FIELDS_LENGTH = 36;
    private static final int[] EPOCH_POSITIONS = {4096, 8192};
    private static final int EPOCH_OFFSET = 32;
    private static final int TAKEN_OVER_OFFSET = 40;
    private static final int EPOCH_FIELDS_LENGTH = 48;
    private static final long UNKNOWN = 0;
    private static final int BODY_POSITION = 12288;
    private static final int BODY_FIXED_LENGTH = 24;
    private static final int MAX_BODY_LENGTH =
            BODY_FIXED_LENGTH + (OverlayMeta.MAX_LAYER_COUNT + 3) * (2 + OverlayMeta.MAX_TEXT_LENGTH);

    private final BlockFile file;
    private final OverlayMeta meta;
    private final int journalHalfLength;
    private Owner owner;

    /** Who owns the overlay. Immutable. @param takenOver as in the file */
    private record Owner(long epoch, long takenOver) {}

    private MetaFile(BlockFile file, OverlayMeta meta, int journalHalfLength, Owner owner) {
        this.file = file;
        this.meta = meta;
        this.journalHalfLength = journalHalfLength;
        this.owner = owner;
    }

    OverlayMeta meta() {
        return meta;
    }

    int journalHalfLength() {
        return journalHalfLength;
    }

    long ownerEpoch() {
        return owner.epoch;
    }

    /** Whether a record is of the present owner, or was there when that one took over. */
    boolean believes(long recordEpoch, long recordSeq) {
        return recordEpoch >= owner.epoch || owner.takenOver == UNKNOWN || recordSeq < owner.takenOver;
    }

    /** Writes and syncs a new one. From its return on, the overlay exists. */
    static MetaFile create(BlockFile file, OverlayMeta meta, int journalHalfLength) throws IOException {
        byte[] body = encode(meta, journalHalfLength);
        UnsafeBuffer buffer = Buffers.alignedDirect(BODY_POSITION + body.length);
        buffer.putBytes(BODY_POSITION, body);
        new Header(buffer, 0).begin(Header.META_MAGIC, meta.id())
                .putInt(Header.AUX_OFFSET, body.length)
                .putInt(BODY_CRC_OFFSET, Crc32c.of(buffer, BODY_POSITION, body.length))
                .seal();
        for (int position : EPOCH_POSITIONS) {
            new Header(buffer, position).begin(Header.EPOCH_MAGIC, meta.id()).putLong(EPOCH_OFFSET, 0).seal();
        }
        file.truncate(0);
        file.write(0, buffer, 0, buffer.capacity());
        file.sync();
        return new MetaFile(file, meta, journalHalfLength, new Owner(0, UNKNOWN));
    }

    /** @throws CorruptDataException also if nothing, or not everything, was ever written */
    static MetaFile read(BlockFile file) throws IOException {
        long length = file.size();
        if (length < BODY_POSITION) {
            throw new CorruptDataException(file.name(), length, "it ends there");
        }
        UnsafeBuffer buffer = Buffers.alignedDirect(BODY_POSITION);
        file.read(0, buffer, 0, BODY_POSITION);
        Header header = new Header(buffer, 0);
        if (!header.isIntact(Header.META_MAGIC, file.name())) {
            throw new CorruptDataException(file.name(), 0, "this is not the header of an overlay");
        }
        UUID id = header.id();
        header.require(id, FIELDS_LENGTH, file.name(), 0);
        int bodyLength = header.getInt(Header.AUX_OFFSET);
        if (bodyLength < BODY_FIXED_LENGTH || bodyLength > MAX_BODY_LENGTH || bodyLength > length - BODY_POSITION) {
            throw new CorruptDataException(file.name(), Header.AUX_OFFSET, "a body of " + bodyLength + " bytes");
        }
        UnsafeBuffer body = Buffers.alignedDirect(bodyLength);
        file.read(BODY_POSITION, body, 0, bodyLength);
        if (Crc32c.of(body, 0, bodyLength) != header.getInt(BODY_CRC_OFFSET)) {
            throw new CorruptDataException(file.name(), BODY_POSITION, "the checksum of the body is wrong");
        }
        Body decoded = new Body(file.name(), body);
        OverlayMeta meta = decoded.readMeta(id);
        return new MetaFile(file, meta, decoded.halfLength, readOwner(file, buffer, id));
    }

    private static Owner readOwner(BlockFile file, UnsafeBuffer buffer, UUID id) throws IOException {
        Owner owner = null;
        for (int position : EPOCH_POSITIONS) {
            Header slot = new Header(buffer, position);
            if (slot.isIntact(Header.EPOCH_MAGIC, file.name())) {
                slot.require(id, EPOCH_FIELDS_LENGTH, file.name(), position);
                Owner found = new Owner(slot.getLong(EPOCH_OFFSET), slot.getLong(TAKEN_OVER_OFFSET));
                owner = owner == null || found.epoch > owner.epoch ? found : owner;
            }
        }
        if (owner == null || owner.epoch < 0) {
            throw new CorruptDataException(file.name(), EPOCH_POSITIONS[0], "no owner epoch is readable");
        }
        return owner;
    }

    /**
     * Makes the caller the owner: a new epoch, durable at return.
     *
     * @param lastSeq of the last record, or of the checkpoint, that the caller has found
     */
    long claim(long lastSeq) throws IOException {
        Owner next = new Owner(owner.epoch + 1, lastSeq + 1);
        UnsafeBuffer buffer = Buffers.alignedDirect(Header.LENGTH);
        new Header(buffer, 0).begin(Header.EPOCH_MAGIC, meta.id())
                .putLong(EPOCH_OFFSET, next.epoch)
                .putLong(TAKEN_OVER_OFFSET, next.takenOver)
                .seal();
        file.write(EPOCH_POSITIONS[(int) (next.epoch & 1)], buffer, 0, Header.LENGTH);
        file.sync();
        owner = next;
        return next.epoch;
    }

    private static byte[] encode(OverlayMeta meta, int journalHalfLength) {
        List<byte[]> texts = new ArrayList<>();
        texts.add(meta.imageName().getBytes(StandardCharsets.UTF_8));
        texts.add(meta.imageTag().getBytes(StandardCharsets.UTF_8));
        texts.add(meta.client().getBytes(StandardCharsets.UTF_8));
        meta.layerIds().forEach(layer -> texts.add(layer.getBytes(StandardCharsets.UTF_8)));
        int length = BODY_FIXED_LENGTH + texts.stream().mapToInt(text -> Short.BYTES + text.length).sum();
        ByteBuffer body = ByteBuffer.allocate(length).order(LITTLE_ENDIAN);
        body.putLong(meta.size()).putLong(meta.createdMs());
        body.putInt(journalHalfLength).putInt(meta.layerIds().size());
        texts.forEach(text -> body.putShort((short) text.length).put(text));
        return body.array();
    }

    /** The body while it is read. */
    private static final class Body {

        private final String fileName;
        private final ByteBuffer bytes;
        private int halfLength;

        Body(String fileName, UnsafeBuffer body) {
            this.fileName = fileName;
            byte[] copy = new byte[body.capacity()];
            body.getBytes(0, copy);
            this.bytes = ByteBuffer.wrap(copy).order(LITTLE_ENDIAN);
        }

        OverlayMeta readMeta(UUID id) throws CorruptDataException {
            long size = bytes.getLong();
            long createdMs = bytes.getLong();
            halfLength = bytes.getInt();
            int layerCount = bytes.getInt();
            require(size >= 1 && size <= OverlayMeta.MAX_SIZE, "a disk of " + size + " bytes");
            require(halfLength >= Geometry.MIN_HALF_LENGTH && halfLength <= Geometry.MAX_HALF_LENGTH
                    && halfLength % 4096 == 0, "a journal half of " + halfLength + " bytes");
            require(layerCount >= 0 && layerCount <= OverlayMeta.MAX_LAYER_COUNT, layerCount + " layers");
            String imageName = readText();
            String imageTag = readText();
            String client = readText();
            List<String> layers = new ArrayList<>();
            for (int i = 0; i < layerCount; i++) {
                layers.add(readText());
            }
            require(!bytes.hasRemaining(), bytes.remaining() + " bytes too many");
            return new OverlayMeta(id, imageName, imageTag, layers, size, client, createdMs);
        }

        private String readText() throws CorruptDataException {
            require(bytes.remaining() >= Short.BYTES, "a text is missing");
            int length = Short.toUnsignedInt(bytes.getShort());
            require(length <= OverlayMeta.MAX_TEXT_LENGTH && length <= bytes.remaining(),
                    "a text of " + length + " bytes");
            ByteBuffer text = bytes.slice(bytes.position(), length);
            bytes.position(bytes.position() + length);
            try {
                return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
            } catch (CharacterCodingException e) {
                throw corrupt("a text that is not UTF-8");
            }
        }

        private void require(boolean holds, String what) throws CorruptDataException {
            if (!holds) {
                throw corrupt(what);
            }
        }

        private CorruptDataException corrupt(String what) {
            return new CorruptDataException(fileName, BODY_POSITION + bytes.position(), what);
        }
    }
}
