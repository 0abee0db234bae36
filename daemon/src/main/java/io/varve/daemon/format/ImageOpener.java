package io.varve.daemon.format;

import io.varve.daemon.format.merge.MergeRecord;
import io.varve.daemon.format.merge.MergeRecords;
import io.varve.daemon.format.merge.MergedView;
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
import java.util.Locale;
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
     * @param merge  of the first file, if somebody merges a child into it, or did so last: while that is under way the
     *               child comes first, and the file second
     */
    public record Opened(ImageChain chain, List<FileStamp> stamps, Optional<MergeRecord> merge) {}

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
            FileStamp stamp = FileStamp.of(file);
            ParentSearch search = search(file);
            Optional<MergeRecord> merge = merge(file, format);
            if (merge.isPresent() && merge.get().isUnderWay()) {
                openMerged(merge.get(), stamp, search, images, stamps);
            } else {
                stamps.add(stamp);
                images.add(read(file, format));
            }
            ForeignImage image = images.get(images.size() - 1);
            if (image.parent().isPresent()) {
                if (format.isEmpty()) {
                    requireMeant(image, file);
                }
                openParents(images, stamps, search, absoluteDirectory(file));
            }
            done = true;
            return new Opened(new ImageChain(images), List.copyOf(stamps), merge);
        } finally {
            if (!done && !images.isEmpty()) {
                new ImageChain(images).close();
            }
        }
    }

    /** What is noted beside a file; a receipt only as long as the file is as the merge left it. */
    private Optional<MergeRecord> merge(Path named, Optional<ImageFormat> format) throws IOException {
        Path file = named.toRealPath();
        Optional<MergeRecord> merge = new MergeRecords(space).find(file);
        if (merge.isEmpty() || format.isPresent() && format.get() != merge.get().parent().format()) {
            return Optional.empty();
        }
        return merge.get().isUnderWay() || merge.get().describes(MergeRecord.Stamp.of(space, file))
                ? merge
                : Optional.empty();
    }

    private void openMerged(MergeRecord merge, FileStamp parent, ParentSearch search, List<ForeignImage> images,
            List<FileStamp> stamps) throws IOException {
        Path directory = parent.path().toRealPath().getParent();
        ParentSearch.Found found = search.find(new ParentLink(List.of(merge.child().path()), Optional.empty(),
                Optional.empty()), directory);
        if (found.files().isEmpty()) {
            throw new ParentException(parent.path() + " is being merged with '"
                    + Printable.of(merge.child().path(), MAX_SHOWN_LENGTH) + "', "
                    + (found.outside()
                            ? "which lies outside of the directories that may be used: allow it with --parent-dir DIR"
                            : "which is not there, as seen from " + directory + ": bring it back"));
        }
        Path child = found.files().get(0);
        stamps.add(FileStamp.of(child));
        stamps.add(parent);
        images.addAll(new MergedView(space, reader).open(merge, parent.path(), child));
    }

    private ForeignImage read(Path file, Optional<ImageFormat> format) throws IOException {
        BlockFile open = space.open(file, OpenMode.READ);
        ForeignImage image = null;
        try {
            image = reader.read(open, format.isPresent() ? format.get() : probe(open));
            return image;
        } finally {
            if (image == null) {
                open.close();
            }
        }
    }

    /** Whoever takes a VMDK file for a disk has made a mistake, and would be told so by no one. */
    private static ImageFormat probe(BlockFile file) throws IOException {
        Optional<ImageFormat> known = ImageProbe.probe(file);
        Optional<OtherFormat> other = known.isPresent() ? Optional.empty() : OtherFormat.probe(file);
        if (other.isPresent()) {
            throw new UnsupportedImageException(file.name(), "looks like " + other.get().description()
                    + ", which is not served where it is", "import it, or say that it is raw");
        }
        return known.orElse(ImageFormat.RAW);
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
            if (images.size() >= MAX_DEPTH) {
                throw new ParentException(child.name() + " needs a parent, but a chain may have at most " + MAX_DEPTH
                        + " files: merge some of them");
            }
            openParent(search, directory, images, stamps);
            FileStamp stamp = stamps.get(stamps.size() - 1);
            for (FileStamp above : stamps.subList(0, stamps.size() - 1)) {
                if (Files.isSameFile(above.path(), stamp.path())) {
                    throw new ParentException(child.name() + " has " + stamp.path() + " as its parent, which stands on "
                            + "it: the files lead in a circle");
                }
            }
            directory = stamp.path().getParent();
        }
    }

    private void openParent(ParentSearch search, Path childDirectory, List<ForeignImage> images,
            List<FileStamp> stamps) throws IOException {
        ForeignImage child = images.get(images.size() - 1);
        ParentLink link = child.parent().orElseThrow();
        ParentSearch.Found found = search.find(link, childDirectory);
        if (found.files().isEmpty()) {
            throw missing(child, found, childDirectory);
        }
        ImageFormat format = formatOfParent(child, link);
        ParentException wrong = null;
        for (Path file : found.files()) {
            FileStamp stamp = FileStamp.of(file);
            if (openMergedParent(child, stamp, format, search, images, stamps)) {
                return;
            }
            ForeignImage parent = read(file, Optional.of(format));
            if (link.id().isEmpty() || link.id().get().equalsIgnoreCase(parent.id().orElse(null))) {
                if (!isMadeLater(parent, link)) {
                    images.add(parent);
                    stamps.add(stamp);
                    return;
                }
                wrong = wrong != null ? wrong : new ParentException(file + " is not the parent that " + child.name()
                        + " was made on: it has its id, but was made at " + parent.made().orElseThrow()
                        + ", after its child: supply the parent as it was (--parent-dir)");
            } else {
                wrong = wrong != null ? wrong : new ParentException(file + " is not the parent that " + child.name()
                        + " was made on: its id is " + parent.id().orElse("none") + ", not " + link.id().get()
                        + ": supply the right parent (--parent-dir), or rebase the child");
            }
            parent.close();
        }
        throw wrong;
    }

    private static boolean isMadeLater(ForeignImage parent, ParentLink link) {
        return link.madeBy().isPresent() && parent.made().isPresent()
                && parent.made().get().isAfter(link.madeBy().get());
    }

    /**
     * A file that a child is merged into, or was, is a parent by two ids: by its old one to that child, which covers
     * what is changed, and by the new one to children of the merged disk, to whom the child belongs until it is moved.
     *
     * @return false if the file is to be taken as it is
     * @throws ParentException if another child asks for what is being changed
     */
    private boolean openMergedParent(ForeignImage child, FileStamp parent, ImageFormat format, ParentSearch search,
            List<ForeignImage> images, List<FileStamp> stamps) throws IOException {
        Optional<MergeRecord> merge = merge(parent.path(), Optional.of(format));
        String id = child.parent().orElseThrow().id().orElse("").toLowerCase(Locale.ROOT);
        if (merge.isEmpty()) {
            return false;
        }
        MergeRecord known = merge.get();
        if (known.isUnderWay() && id.equals(known.parent().idAfter().toString())) {
            openMerged(known, parent, search, images, stamps);
            return true;
        }
        if (!id.equals(known.parent().idBefore().toString())) {
            return false;
        }
        if (known.child().id().toString().equals(child.id().orElse(null))) {
            images.add(known.isUnderWay() ? new MergedView(space, reader).openParent(known, parent.path())
                    : read(parent.path(), Optional.of(format)));
            stamps.add(parent);
            return true;
        }
        if (known.state() == MergeRecord.State.COPYING) {
            throw new ParentException(parent.path() + " is being merged with '"
                    + Printable.of(known.child().path(), MAX_SHOWN_LENGTH) + "': " + child.name()
                    + ", which was made on what it was before, cannot be read any more");
        }
        return false;
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
