package io.varve.daemon.transfer;

import io.varve.daemon.format.FileStamp;
import io.varve.daemon.format.ForeignImage;
import io.varve.daemon.format.ImageChain;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Text that stands for the content of a file and its parents: under it {@link io.varve.daemon.store.ForeignRecords}
 * notes which layers say the same.
 *
 * <p>Where there is an id, the path does not count, so that a copy is recognised; time and size do, because an id alone
 * says too little: writers leave that of a VHD as it is when they change the file, and that of a VHDX while it is open.
 *
 * <p>Immutable.
 */
final class FileIdentity {

    private FileIdentity() {}

    /**
     * One line for a file, one for its parent, and so on.
     *
     * @param stamps of the files, as {@link ImageChain#images} has them
     * @param level  0 for the file on top
     */
    static List<String> of(ImageChain chain, List<FileStamp> stamps, int level) {
        List<String> identities = new ArrayList<>();
        for (int i = level; i < stamps.size(); i++) {
            FileStamp stamp = stamps.get(i);
            ForeignImage image = chain.images().get(i);
            Optional<String> id = image.id();
            identities.add(image.format().optionName() + " " + stamp.size() + " " + stamp.modified() + " "
                    + (id.isPresent() ? "id " + id.get() : "file " + stamp.path()));
        }
        return identities;
    }
}
