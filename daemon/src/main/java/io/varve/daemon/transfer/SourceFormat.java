package io.varve.daemon.transfer;

import io.varve.daemon.format.ImageFormat;
import java.util.Optional;

/** What the person who imports says about the file. Immutable. */
public enum SourceFormat {
    /** What the file looks like; the description of {@link io.varve.daemon.format} says what that is trusted with. */
    AUTO(null),
    /** Raw, whatever the bytes look like. */
    RAW(ImageFormat.RAW),
    QCOW2(ImageFormat.QCOW2),
    VHD(ImageFormat.VHD),
    VHDX(ImageFormat.VHDX);

    private final ImageFormat said;

    SourceFormat(ImageFormat saidOrNull) {
        this.said = saidOrNull;
    }

    /** Empty if nothing was said. */
    Optional<ImageFormat> said() {
        return Optional.ofNullable(said);
    }
}
