package io.varve.daemon.format;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Opens a file and its parents. Which files a parent may be, and when parents are followed at all, is in the
 * description of this package.
 *
 * <p>Immutable.
 */
public final class ImageOpener {

    /** Files of a chain. */
    public static final int MAX_DEPTH = 64;
    private static final int MAX_SHOWN_LENGTH = 200;

    private final FileSpace space;
    private final ImageReader reader;
    private final List<Path> parentDirectories;
    private final String formatOption;

    /** @param parentDirectories where parents may lie, beside below the directory of the file on top */
    public ImageOpener(FileSpace space, ImageReader reader, List<Path> parentDirectories) {
        this(space, reader, parentDirectories, "--format");
    }

    /** @param formatOption what the person who is asked for the format calls it by */
    public ImageOpener(FileSpace space, ImageReader reader, List<Path> parentDirectories, String formatOption) {
        this.space = space;
        this.reader = reader;
        this.parentDirectories = List.copyOf(parentDirectories);
        this.formatOption = formatOption;
    }

    /**
     * A disk, and what its files were like before they were opened.
     *
     * <p>Immutable.
     *
     * @param stamps of the files, as {@link ImageChain#images} has them
     */
    public record Opened(ImageChain chain, List<FileStamp> stamps) {}

    /**
     * Opens a chain; the caller closes it.
     *
     * @param format of the file on top; if empty, what it looks like
     * @throws ParentException                         if a parent is missing, a wrong one, or not allowed
     * @throws UnsupportedImageException               if a file uses what is not read here
     * @throws io.varve.daemon.io.CorruptDataException if a file is damaged
     */
    public Opened open(Path file, Optional<ImageFormat> format) throws IOException {
        List<ForeignImage> images = new ArrayList<>();
        List<FileStamp> stamps = new ArrayList<>();
        boolean done = false;
        try {
            stamps.add(FileStamp.of(file));
            images.add(read(file, format));
            if (images.get(0).parent().isPresent()) {
                if (format.isEmpty()) {
                    requireMeant(images.get(0), file);
                }
                openParents(images, stamps, search(file), absoluteDirectory(file));
            }
            done = true;
            return new Opened(new ImageChain(images), List.copyOf(stamps));
        } finally {
            if (!done && !images.isEmpty()) {
                new ImageChain(images).close();
            }
        }
    }

    private ForeignImage read(Path file, Optional<ImageFormat> format) throws IOException {
        BlockFile open = space.open(file, OpenMode.READ);
        ForeignImage image = null;
        try {
            ImageFormat known = format.isPresent() ? format.get() : ImageProbe.probe(open).orElse(ImageFormat.RAW);
            image = reader.read(open, known);
            return image;
        } finally {
            if (image == null) {
                open.close();
            }
        }
    }

    /** Nobody has said what the file is: then a name must agree with its content, and its parent be known by an id. */
    private void requireMeant(ForeignImage top, Path file) throws ParentException {
        ImageFormat format = top.format();
        boolean known = top.parent().orElseThrow().id().isPresent();
        if (!known || !format.isNamedBy(file.getFileName().toString())) {
            throw new ParentException(file + " looks like a " + format.description() + " image that has a parent, "
                    + "which the content of a raw disk can look like too: say " + formatOption + " "
                    + format.optionName() + " if it is one, " + formatOption + " raw if it is a disk");
        }
    }

    private ParentSearch search(Path file) throws IOException {
        Set<Path> directories = new LinkedHashSet<>(List.of(absoluteDirectory(file)));
        for (Path directory : parentDirectories) {
            directories.add(directory.toRealPath());
        }
        return new ParentSearch(new ArrayList<>(directories));
    }

    private static Path absoluteDirectory(Path file) throws IOException {
        return file.toAbsolutePath().getParent().toRealPath();
    }

    private void openParents(List<ForeignImage> images, List<FileStamp> stamps, ParentSearch search,
            Path topDirectory) throws IOException {
        Path directory = topDirectory;
        while (images.get(images.size() - 1).parent().isPresent()) {
            ForeignImage child = images.get(images.size() - 1);
            if (images.size() == MAX_DEPTH) {
                throw new ParentException(child.name() + " needs a parent, but a chain may have at most " + MAX_DEPTH
                        + " files: merge some of them");
            }
            FileStamp stamp = openParent(child, search.find(child.parent().get(), directory), directory, images);
            for (FileStamp above : stamps) {
                if (Files.isSameFile(above.path(), stamp.path())) {
                    throw new ParentException(child.name() + " has " + stamp.path() + " as its parent, which stands on "
                            + "it: the files lead in a circle");
                }
            }
            stamps.add(stamp);
            directory = stamp.path().getParent();
        }
    }

    private FileStamp openParent(ForeignImage child, ParentSearch.Found found, Path childDirectory,
            List<ForeignImage> images) throws IOException {
        ParentLink link = child.parent().orElseThrow();
        if (found.files().isEmpty()) {
            throw missing(child, found, childDirectory);
        }
        ImageFormat format = formatOfParent(child, link);
        ParentException wrong = null;
        for (Path file : found.files()) {
            FileStamp stamp = FileStamp.of(file);
            ForeignImage parent = read(file, Optional.of(format));
            if (link.id().isEmpty() || link.id().get().equalsIgnoreCase(parent.id().orElse(null))) {
                images.add(parent);
                return stamp;
            }
            parent.close();
            wrong = wrong != null ? wrong : new ParentException(file + " is not the parent that " + child.name()
                    + " was made on: its id is " + parent.id().orElse("none") + ", not " + link.id().get()
                    + ": supply the right parent (--parent-dir), or rebase the child");
        }
        throw wrong;
    }

    private static ImageFormat formatOfParent(ForeignImage child, ParentLink link) throws IOException {
        return switch (child.format()) {
            case VHD, VHDX -> child.format();
            case RAW, QCOW2 -> {
                if (link.format().isEmpty()) {
                    throw new UnsupportedImageException(child.name(), "does not say of which format its parent "
                            + shown(link) + " is", "note it with 'qemu-img rebase -u -F FORMAT -b PARENT CHILD', "
                            + "where FORMAT is what you know it to be");
                }
                yield link.format().get();
            }
        };
    }

    private static ParentException missing(ForeignImage child, ParentSearch.Found found, Path childDirectory) {
        String parent = child.name() + " has the parent " + shown(child.parent().orElseThrow());
        if (found.outside()) {
            return new ParentException(parent + ", which lies outside of the directories that may be used: allow it "
                    + "with --parent-dir DIR");
        }
        return new ParentException(parent + ", which is not there, as seen from " + childDirectory + ": bring it, or "
                + "say where it is with --parent-dir DIR");
    }

    private static String shown(ParentLink link) {
        return "'" + Printable.of(link.paths().get(0), MAX_SHOWN_LENGTH) + "'";
    }
}
