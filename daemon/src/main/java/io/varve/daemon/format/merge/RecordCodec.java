package io.varve.daemon.format.merge;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.merge.MergeRecord.Child;
import io.varve.daemon.format.merge.MergeRecord.Parent;
import io.varve.daemon.format.merge.MergeRecord.Stamp;
import io.varve.daemon.format.merge.MergeRecord.State;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.FormatVersionException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.UUID;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The bytes of a record, pictured in the description of this package. Everything is judged before it is used.
 *
 * <p>Thread-safe because it has no state.
 */
final class RecordCodec {

    /** Bytes: the fields, and a path of 4096 characters in UTF-8. */
    static final int MAX_LENGTH = RecordCodec.PATH_AT + 4 * RecordCodec.MAX_PATH_LENGTH;

    /** "varvemrg". */
    static final long MAGIC = 0x67726d6576726176L;
    static final int VERSION = 1;
    static final int VERSION_AT = 8;
    static final int CHECKSUM_AT = 12;
    static final int STATE_AT = 16;
    static final int FORMAT_AT = 20;
    static final int ID_AT = 24;
    static final int CHILD_ID_AT = 40;
    static final int ID_BEFORE_AT = 56;
    static final int ID_AFTER_AT = 72;
    static final int CHILD_STAMP_AT = 88;
    static final int STAMP_BEFORE_AT = 112;
    static final int STAMP_AFTER_AT = 136;
    static final int LENGTH_LIMIT_AT = 160;
    static final int DISK_SIZE_AT = 168;
    static final int MOVED_END_AT = 176;
    static final int PATH_LENGTH_AT = 184;
    static final int RESERVED_AT = 188;
    static final int PATH_AT = 192;

    static final int MAX_PATH_LENGTH = 4096;
    private static final int STAMP_SECOND_AT = 8;
    private static final int STAMP_NANO_AT = 16;
    /** Bytes of a disk, and of a file. */
    static final long MAX_FILE_LENGTH = Long.MAX_VALUE / 4;

    private RecordCodec() {}

    static UnsafeBuffer encode(MergeRecord merge) {
        byte[] path = merge.child().path().getBytes(StandardCharsets.UTF_8);
        UnsafeBuffer bytes = Buffers.alignedDirect(PATH_AT + path.length);
        bytes.putLong(0, MAGIC, LITTLE_ENDIAN);
        bytes.putInt(VERSION_AT, VERSION, LITTLE_ENDIAN);
        bytes.putInt(STATE_AT, merge.state().ordinal(), LITTLE_ENDIAN);
        bytes.putInt(FORMAT_AT, merge.parent().format() == ImageFormat.VHD ? 0 : 1, LITTLE_ENDIAN);
        putId(bytes, ID_AT, merge.id());
        putId(bytes, CHILD_ID_AT, merge.child().id());
        putId(bytes, ID_BEFORE_AT, merge.parent().idBefore());
        putId(bytes, ID_AFTER_AT, merge.parent().idAfter());
        putStamp(bytes, CHILD_STAMP_AT, merge.child().stamp());
        putStamp(bytes, STAMP_BEFORE_AT, merge.parent().before());
        putStamp(bytes, STAMP_AFTER_AT, merge.parent().after());
        bytes.putLong(LENGTH_LIMIT_AT, merge.parent().lengthLimit(), LITTLE_ENDIAN);
        bytes.putLong(DISK_SIZE_AT, merge.diskSize(), LITTLE_ENDIAN);
        bytes.putLong(MOVED_END_AT, merge.movedEnd(), LITTLE_ENDIAN);
        bytes.putInt(PATH_LENGTH_AT, path.length, LITTLE_ENDIAN);
        bytes.putBytes(PATH_AT, path);
        bytes.putInt(CHECKSUM_AT, Crc32c.of(bytes, 0, bytes.capacity()), LITTLE_ENDIAN);
        return bytes;
    }

    private static void putId(MutableDirectBuffer bytes, int at, UUID id) {
        bytes.putLong(at, id.getMostSignificantBits(), LITTLE_ENDIAN);
        bytes.putLong(at + Long.BYTES, id.getLeastSignificantBits(), LITTLE_ENDIAN);
    }

    private static void putStamp(MutableDirectBuffer bytes, int at, Stamp stamp) {
        bytes.putLong(at, stamp.length(), LITTLE_ENDIAN);
        bytes.putLong(at + STAMP_SECOND_AT, stamp.modified().getEpochSecond(), LITTLE_ENDIAN);
        bytes.putLong(at + STAMP_NANO_AT, stamp.modified().getNano(), LITTLE_ENDIAN);
    }

    /**
     * @param name  of the file, for messages
     * @param bytes the whole file; left as it is
     * @throws CorruptDataException   if it is none, or damaged
     * @throws FormatVersionException if it is of another version
     */
    static MergeRecord decode(String name, UnsafeBuffer bytes) throws IOException {
        if (bytes.capacity() < PATH_AT || bytes.getLong(0, LITTLE_ENDIAN) != MAGIC) {
            throw new CorruptDataException(name, 0, "it is no record of a merge");
        }
        int version = bytes.getInt(VERSION_AT, LITTLE_ENDIAN);
        if (version != VERSION) {
            throw new FormatVersionException(name, version, VERSION, VERSION);
        }
        requireChecksum(name, bytes);
        int pathLength = bytes.getInt(PATH_LENGTH_AT, LITTLE_ENDIAN);
        require(pathLength == bytes.capacity() - PATH_AT, name, PATH_LENGTH_AT, "the path does not fill the file");
        require(bytes.getInt(RESERVED_AT) == 0, name, RESERVED_AT, "reserved bytes are not zero");
        int state = bytes.getInt(STATE_AT, LITTLE_ENDIAN);
        require(state >= 0 && state < State.values().length, name, STATE_AT, "there is no state " + state);
        int format = bytes.getInt(FORMAT_AT, LITTLE_ENDIAN);
        require(format == 0 || format == 1, name, FORMAT_AT, "there is no format " + format);
        Parent parent = new Parent(format == 0 ? ImageFormat.VHD : ImageFormat.VHDX, id(bytes, ID_BEFORE_AT),
                id(bytes, ID_AFTER_AT), stamp(name, bytes, STAMP_BEFORE_AT),
                number(name, bytes, LENGTH_LIMIT_AT, MAX_FILE_LENGTH), stamp(name, bytes, STAMP_AFTER_AT));
        require(parent.lengthLimit() >= parent.before().length(), name, LENGTH_LIMIT_AT,
                "the file would be shorter than it was");
        long diskSize = number(name, bytes, DISK_SIZE_AT, MAX_FILE_LENGTH);
        return new MergeRecord(id(bytes, ID_AT), State.values()[state],
                new Child(path(name, bytes, pathLength), id(bytes, CHILD_ID_AT), stamp(name, bytes, CHILD_STAMP_AT)),
                parent, diskSize, number(name, bytes, MOVED_END_AT, diskSize));
    }

    private static void requireChecksum(String name, UnsafeBuffer bytes) throws CorruptDataException {
        UnsafeBuffer copy = Buffers.alignedDirect(bytes.capacity());
        copy.putBytes(0, bytes, 0, bytes.capacity());
        copy.putInt(CHECKSUM_AT, 0);
        require(bytes.getInt(CHECKSUM_AT, LITTLE_ENDIAN) == Crc32c.of(copy, 0, copy.capacity()), name, CHECKSUM_AT,
                "the checksum is wrong");
    }

    private static String path(String name, UnsafeBuffer bytes, int length) throws CorruptDataException {
        byte[] text = new byte[length];
        bytes.getBytes(PATH_AT, text);
        String path = new String(text, StandardCharsets.UTF_8);
        require(!path.isEmpty() && path.length() <= MAX_PATH_LENGTH && path.indexOf('\0') < 0, name, PATH_AT,
                "there is no path to the child");
        return path;
    }

    private static UUID id(UnsafeBuffer bytes, int at) {
        return new UUID(bytes.getLong(at, LITTLE_ENDIAN), bytes.getLong(at + Long.BYTES, LITTLE_ENDIAN));
    }

    private static Stamp stamp(String name, UnsafeBuffer bytes, int at) throws CorruptDataException {
        try {
            return new Stamp(number(name, bytes, at, MAX_FILE_LENGTH), Instant.ofEpochSecond(
                    bytes.getLong(at + STAMP_SECOND_AT, LITTLE_ENDIAN),
                    number(name, bytes, at + STAMP_NANO_AT, 999_999_999)));
        } catch (DateTimeException e) {
            throw new CorruptDataException(name, at + STAMP_SECOND_AT, "there is no such time");
        }
    }

    private static long number(String name, UnsafeBuffer bytes, int at, long max) throws CorruptDataException {
        long number = bytes.getLong(at, LITTLE_ENDIAN);
        require(number >= 0 && number <= max, name, at, number + " is not from 0 to " + max);
        return number;
    }

    private static void require(boolean right, String name, int at, String what) throws CorruptDataException {
        if (!right) {
            throw new CorruptDataException(name, at, what);
        }
    }
}
