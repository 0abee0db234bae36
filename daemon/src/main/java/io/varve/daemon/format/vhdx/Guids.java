package io.varve.daemon.format.vhdx;

import java.nio.ByteOrder;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * GUIDs as they lie in the file: the first three fields little-endian, the rest as it is written.
 *
 * <p>Thread-safe because it has no state.
 */
final class Guids {

    static final int LENGTH = 16;
    static final UUID NONE = new UUID(0, 0);

    static final UUID BAT_REGION = UUID.fromString("2dc27766-f623-4200-9d64-115e9bfd4a08");
    static final UUID METADATA_REGION = UUID.fromString("8b7ca206-4790-4b9a-b8fe-575f050f886e");

    static final UUID FILE_PARAMETERS = UUID.fromString("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
    static final UUID VIRTUAL_DISK_SIZE = UUID.fromString("2fa54224-cd1b-4876-b211-5dbed83bf4b8");
    static final UUID PAGE_83_DATA = UUID.fromString("beca12ab-b2e6-4523-93ef-c309e000c746");
    static final UUID LOGICAL_SECTOR_SIZE = UUID.fromString("8141bf1d-a96f-4709-ba47-f233a8faab5f");
    static final UUID PHYSICAL_SECTOR_SIZE = UUID.fromString("cda348c7-445d-4471-9cc9-e9885251c556");
    static final UUID PARENT_LOCATOR = UUID.fromString("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");

    static final UUID VHDX_PARENT = UUID.fromString("b04aefb7-d19e-4a81-b789-25b8e9445913");

    private Guids() {}

    static UUID get(DirectBuffer buffer, int index) {
        long high = (long) buffer.getInt(index, ByteOrder.LITTLE_ENDIAN) << 32
                | (buffer.getShort(index + 4, ByteOrder.LITTLE_ENDIAN) & 0xffffL) << 16
                | buffer.getShort(index + 6, ByteOrder.LITTLE_ENDIAN) & 0xffffL;
        return new UUID(high, buffer.getLong(index + 8, ByteOrder.BIG_ENDIAN));
    }

    static void put(MutableDirectBuffer buffer, int index, UUID guid) {
        long high = guid.getMostSignificantBits();
        buffer.putInt(index, (int) (high >>> 32), ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(index + 4, (short) (high >>> 16), ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(index + 6, (short) high, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(index + 8, guid.getLeastSignificantBits(), ByteOrder.BIG_ENDIAN);
    }
}
