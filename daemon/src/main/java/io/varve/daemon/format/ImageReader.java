package io.varve.daemon.format;

import io.varve.daemon.format.qcow2.Qcow2Image;
import io.varve.daemon.format.raw.RawImage;
import io.varve.daemon.format.vhd.VhdImage;
import io.varve.daemon.format.vhdx.VhdxImage;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import java.io.IOException;
import java.nio.file.Path;

/** Reads files of a format. Thread-safe because implementations keep nothing. */
@FunctionalInterface
public interface ImageReader {

    /**
     * @param file closed by the image, and by the caller if this fails
     * @throws io.varve.daemon.io.CorruptDataException if the file is damaged, or of another format
     * @throws UnsupportedImageException               if it uses what is not read here
     */
    ForeignImage read(BlockFile file, ImageFormat format) throws IOException;

    /**
     * Opens a file, for reading.
     *
     * @return closed by the caller
     * @throws IOException as {@link #read}; nothing stays open then
     */
    default ForeignImage open(FileSpace space, Path path, ImageFormat format) throws IOException {
        BlockFile file = space.open(path, OpenMode.READ);
        ForeignImage image = null;
        try {
            image = read(file, format);
            return image;
        } finally {
            if (image == null) {
                file.close();
            }
        }
    }

    /** Knows every format that this version reads. */
    static ForeignImage ofAll(BlockFile file, ImageFormat format) throws IOException {
        return switch (format) {
            case RAW -> new RawImage(file);
            case QCOW2 -> new Qcow2Image(file);
            case VHD -> new VhdImage(file);
            case VHDX -> new VhdxImage(file);
        };
    }
}
