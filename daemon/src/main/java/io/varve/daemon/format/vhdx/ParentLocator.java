package io.varve.daemon.format.vhdx;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.ParentLink;
import io.varve.daemon.format.UnsupportedImageException;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The metadata item that says where the parent is (section 2.6.2.6): keys and values in UTF-16LE.
 *
 * <p>Owned by the thread that opens the file.
 */
final class ParentLocator {

    static final int COUNT_INDEX = 18;
    static final int ENTRIES_INDEX = 20;
    static final int ENTRY_LENGTH = 12;
    static final int VALUE_OFFSET_INDEX = 4;
    static final int KEY_LENGTH_INDEX = 8;
    static final int VALUE_LENGTH_INDEX = 10;

    /** DataWriteGuid of the parent, in braces. */
    static final String LINKAGE = "parent_linkage";
    /** The same, of a parent whose bytes were changed together with this file's. */
    static final String LINKAGE_2 = "parent_linkage2";
    /** In the order in which they are tried (section 2.6.2.6.3). */
    static final List<String> PATHS = List.of("relative_path", "volume_path", "absolute_win32_path");

    private static final int MAX_PATH_CHARACTERS = 4096;

    private final String name;
    private final long position;
    private final UnsafeBuffer item;
    private final Map<String, String> values = new HashMap<>();

    private ParentLocator(String name, long position, UnsafeBuffer item) {
        this.name = name;
        this.position = position;
        this.item = item;
    }

    /**
     * @param name     of the file
     * @param position of the item in the file, for messages
     */
    static ParentLink parse(String name, long position, UnsafeBuffer item) throws IOException {
        return new ParentLocator(name, position, item).link();
    }

    private ParentLink link() throws IOException {
        if (item.capacity() < ENTRIES_INDEX) {
            throw corrupt(0, "a parent locator of " + item.capacity() + " bytes");
        }
        UUID type = Guids.get(item, 0);
        if (!type.equals(Guids.VHDX_PARENT)) {
            throw new UnsupportedImageException(name, "names its parent by a locator of type " + type,
                    "only " + Guids.VHDX_PARENT + " is known");
        }
        int count = item.getShort(COUNT_INDEX, ByteOrder.LITTLE_ENDIAN) & 0xffff;
        if (count > (item.capacity() - ENTRIES_INDEX) / ENTRY_LENGTH) {
            throw corrupt(COUNT_INDEX, count + " entries do not fit into the parent locator");
        }
        for (int i = 0; i < count; i++) {
            add(ENTRIES_INDEX + i * ENTRY_LENGTH);
        }
        List<String> paths = new ArrayList<>();
        for (String key : PATHS) {
            String path = values.getOrDefault(key, "");
            if (!path.isEmpty()) {
                paths.add(path(path));
            }
        }
        if (paths.isEmpty()) {
            throw corrupt(0, "the parent locator has no path");
        }
        return new ParentLink(paths, Optional.of(linkage()), Optional.of(ImageFormat.VHDX));
    }

    private void add(int index) throws CorruptDataException {
        String key = text(index, index + KEY_LENGTH_INDEX);
        String value = text(index + VALUE_OFFSET_INDEX, index + VALUE_LENGTH_INDEX);
        if (values.put(key, value) != null) {
            throw corrupt(index, "the parent locator has '" + Printable.of(key, 64) + "' twice");
        }
    }

    private String text(int offsetIndex, int lengthIndex) throws CorruptDataException {
        long offset = item.getInt(offsetIndex, ByteOrder.LITTLE_ENDIAN) & 0xffffffffL;
        int length = item.getShort(lengthIndex, ByteOrder.LITTLE_ENDIAN) & 0xffff;
        if (offset > item.capacity() - length) {
            throw corrupt(offsetIndex, "a text of " + length + " bytes at " + offset + " of the parent locator, which"
                    + " has " + item.capacity());
        }
        byte[] bytes = new byte[length];
        item.getBytes((int) offset, bytes);
        try {
            return StandardCharsets.UTF_16LE.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw corrupt((int) offset, "a text of the parent locator is not UTF-16");
        }
    }

    private String path(String windows) throws CorruptDataException {
        if (windows.length() > MAX_PATH_CHARACTERS || windows.chars().anyMatch(c -> c < ' ')) {
            throw corrupt(0, "'" + Printable.of(windows, 64) + "' is no path of a parent");
        }
        return windows.replace('\\', '/');
    }

    /** In lower case, without the braces. */
    private String linkage() throws CorruptDataException {
        String text = values.getOrDefault(LINKAGE, values.get(LINKAGE_2));
        if (text == null) {
            throw corrupt(0, "the parent locator has no " + LINKAGE);
        }
        if (!text.matches("\\{?\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}}?")) {
            throw corrupt(0, "'" + Printable.of(text, 64) + "' is no " + LINKAGE);
        }
        return UUID.fromString(text.replaceAll("[{}]", "")).toString();
    }

    private CorruptDataException corrupt(int index, String what) {
        return new CorruptDataException(name, position + index, what);
    }
}
