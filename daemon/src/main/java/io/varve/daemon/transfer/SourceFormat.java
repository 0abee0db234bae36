package io.varve.daemon.transfer;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.OtherFormat;
import java.util.Optional;

/** What the person who imports says about the file. Immutable. */
public enum SourceFormat {
    /** What the file looks like; the description of {@link io.varve.daemon.format} says what that is trusted with. */
    AUTO(null, null),
    /** Raw, whatever the bytes look like. */
    RAW(ImageFormat.RAW, null),
    QCOW2(ImageFormat.QCOW2, null),
    VHD(ImageFormat.VHD, null),
    VHDX(ImageFormat.VHDX, null),
    VMDK(null, OtherFormat.VMDK),
    VDI(null, OtherFormat.VDI),
    QED(null, OtherFormat.QED),
    PARALLELS(null, OtherFormat.PARALLELS),
    QCOW(null, OtherFormat.QCOW),
    BOCHS(null, OtherFormat.BOCHS),
    CLOOP(null, OtherFormat.CLOOP),
    DMG(null, OtherFormat.DMG);

    private final ImageFormat said;
    private final OtherFormat other;

    SourceFormat(ImageFormat saidOrNull, OtherFormat otherOrNull) {
        this.said = saidOrNull;
        this.other = otherOrNull;
    }

    /** A format that is read here; empty if nothing was said, or another. */
    Optional<ImageFormat> said() {
        return Optional.ofNullable(said);
    }

    /** A format that is read through QEMU. */
    Optional<OtherFormat> other() {
        return Optional.ofNullable(other);
    }
}
