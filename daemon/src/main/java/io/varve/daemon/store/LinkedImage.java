package io.varve.daemon.store;

import io.varve.daemon.format.FileStamp;
import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.format.merge.MergeRecord;
import io.varve.daemon.format.merge.MergeRecords;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A disk image in somebody's own file, or in a file and its parents, that is served without being imported: {@code
 * linked/LAYER.json}. The files must stay as they are.
 *
 * <p>Immutable.
 *
 * @param format      of the first part
 * @param directories below which parents may lie
 * @param size        bytes of the disk
 * @param parts       the file and its parents, top first, as they were when they were linked
 */
record LinkedImage(ImageFormat format, List<Path> directories, long size, List<FileStamp> parts,
        Optional<UUID> merge) {

    static final String FORMAT = "varve-linked";
    static final int VERSION = 1;
    static final String SUFFIX = ".json";
    /** Bytes. */
    static final int MAX_FILE_LENGTH = 1024 * 1024;

    private static final int MAX_PARTS = 64;
    private static final int MAX_DIRECTORIES = 64;
    private static final Set<String> FIELDS =
            Set.of("format", "version", "image", "size", "directories", "parts", "merge");

    LinkedImage {
        directories = List.copyOf(directories);
        parts = List.copyOf(parts);
    }

    Path file() {
        return parts.get(0).path();
    }

    /** What the disk is called as a layer: another one whenever a file is another one. */
    LayerId id() {
        StringBuilder text = new StringBuilder("linked ").append(format).append(' ').append(size);
        parts.forEach(part -> text.append('\n').append(part));
        merge.ifPresent(merged -> text.append("\nmerge ").append(merged));
        return new LayerId(Sha256.hex(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** @throws StoreException if somebody has written to a file, or it is gone */
    void requireUnchanged(FileSpace space) throws IOException {
        if (merge.isPresent()) {
            requireMerged(space);
        }
        for (FileStamp part : parts.subList(merge.isPresent() ? 1 : 0, parts.size())) {
            FileStamp now;
            try {
                now = FileStamp.of(part.path());
            } catch (NoSuchFileException e) {
                throw gone(part.path(), e);
            }
            if (!now.equals(part)) {
                throw changed(part.path(), " at " + now.modified());
            }
        }
    }

    /** The first file is as the record of its merge says, and that is still the same merge. */
    private void requireMerged(FileSpace space) throws IOException {
        try {
            Path file = file().toRealPath();
            Optional<MergeRecord> found = new MergeRecords(space).find(file);
            if (found.isEmpty() || !found.get().id().equals(merge.get())
                    || !found.get().describes(MergeRecord.Stamp.of(space, file))) {
                throw changed(file, "");
            }
        } catch (NoSuchFileException e) {
            throw gone(file(), e);
        }
    }

    private static StoreException gone(Path file, NoSuchFileException e) {
        return new StoreException("image file " + file + " is gone: bring it back, or remove the image that is served "
                + "from it with 'varve rm'", e);
    }

    private static StoreException changed(Path file, String when) {
        return new StoreException("image file " + file + " changed" + when + ", after it was first served: what "
                + "clients wrote would not fit it any more: bring the old file back, or give the new one another name "
                + "with --image-file NAME=" + file);
    }

    /**
     * Says whether files that have been opened are these.
     *
     * @param opened with what they were like before they were opened
     * @throws StoreException if a parent was found elsewhere, or a file changed
     */
    void requireSame(FileSpace space, LinkedDisk opened) throws IOException {
        if (!opened.stamps().equals(parts) || !opened.merge().equals(merge)) {
            requireUnchanged(space);
            throw new StoreException("image file " + file() + " was served with " + paths(parts) + ", and is now found "
                    + "to have " + paths(opened.stamps()) + ": move away what lies where a parent is looked for first");
        }
    }

    private static List<Path> paths(List<FileStamp> stamps) {
        return stamps.stream().map(FileStamp::path).toList();
    }

    byte[] toJson() throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("format", FORMAT);
        fields.put("version", VERSION);
        fields.put("image", format.name());
        fields.put("size", size);
        fields.put("directories", directories.stream().map(Path::toString).toList());
        fields.put("parts", parts.stream().map(FileStamp::toString).toList());
        merge.ifPresent(merged -> fields.put("merge", merged.toString()));
        return JsonDocument.compose(fields);
    }

    /** @param id that the file is named by */
    static LinkedImage parse(JsonDocument json, LayerId id) throws IOException {
        json.requireFormat(FORMAT, VERSION);
        json.requireOnly(FIELDS);
        try {
            List<Path> directories = new ArrayList<>();
            json.strings("directories", MAX_DIRECTORIES).forEach(text -> directories.add(Path.of(text)));
            List<FileStamp> parts = new ArrayList<>();
            json.strings("parts", MAX_PARTS).forEach(text -> parts.add(FileStamp.parse(text)));
            LinkedImage image = new LinkedImage(ImageFormat.valueOf(json.string("image")), directories,
                    json.number("size", 1, ImageManifest.MAX_SIZE), parts,
                    Optional.ofNullable(json.stringOrNull("merge")).map(UUID::fromString));
            if (!image.id().equals(id)) {
                throw json.corrupt("parts", "its name is that of other files");
            }
            return image;
        } catch (DateTimeParseException | IllegalArgumentException e) {
            throw json.corrupt("parts", "it does not name files: " + Names.shown(e.getMessage()));
        }
    }
}
