package io.varve.daemon.format;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Formats of image files that are not read here, but by QEMU. Immutable.
 *
 * <p>Design note: a mark that takes less than four bytes, or that stands at the end of the file, is not looked for.
 */
public enum OtherFormat {
    VMDK("a VMDK image", 0, "KDMV"),
    /** The text that names the files of a VMDK disk. */
    VMDK_TEXT("a VMDK descriptor, which names the files of a disk", 0, "# Disk DescriptorFile"),
    VDI("a VDI image", 64, "\u007f\u0010\u00da\u00be"),
    QED("a QED image", 0, "QED\0"),
    PARALLELS("a Parallels image", 0, "WithoutFreeSpace", "WithouFreSpacExt"),
    BOCHS("a Bochs image", 0, "Bochs Virtual HD Image"),
    /** The first version; by its looks it is qcow2. */
    QCOW("a qcow image of version 1", 0),
    CLOOP("a cloop image", 0),
    DMG("a dmg image", 0);

    /** Bytes in which all marks lie, from the beginning. */
    private static final int LOOKED_AT = 512;

    private final String description;
    private final int position;
    private final String[] marks;

    /** @param marks one character per byte; none for a format that has to be said */
    OtherFormat(String description, int position, String... marks) {
        this.description = description;
        this.position = position;
        this.marks = marks;
    }

    /** As people write it in a sentence, with its article. */
    public String description() {
        return description;
    }

    /** As QEMU and the option of {@code import} name it. */
    public String driver() {
        return this == VMDK_TEXT ? VMDK.driver() : name().toLowerCase(Locale.ROOT);
    }

    /** What the file looks like, which proves nothing; empty if like nothing that is known here. */
    public static Optional<OtherFormat> probe(BlockFile file) throws IOException {
        int length = (int) Math.min(file.size(), LOOKED_AT);
        UnsafeBuffer bytes = Buffers.alignedDirect(LOOKED_AT);
        file.read(0, bytes, 0, length);
        for (OtherFormat format : values()) {
            for (String mark : format.marks) {
                if (format.isAt(mark, bytes, length)) {
                    return Optional.of(format);
                }
            }
        }
        return Optional.empty();
    }

    private boolean isAt(String mark, UnsafeBuffer bytes, int length) {
        byte[] expected = mark.getBytes(StandardCharsets.ISO_8859_1);
        if (length < position + expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if (bytes.getByte(position + i) != expected[i]) {
                return false;
            }
        }
        return true;
    }
}
