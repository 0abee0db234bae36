package io.varve.daemon.layer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.jr.ob.JSON;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a layer consists of. Its JSON has one form only, to the byte: the layer's id is the digest of it.
 *
 * <p>Immutable.
 *
 * @param size          bytes of the disk, 0 to 256 TiB; need not be whole pages
 * @param mapId         64 hexadecimal digits
 * @param extentCount   entries of the map
 * @param dataPageCount pages of the disk that the layer has bytes for
 * @param zeroPageCount pages of the disk that the layer makes zero
 * @param blobs         in the order in which the map counts them; at most 4096
 */
public record LayerManifest(long size, String mapId, long extentCount, long dataPageCount, long zeroPageCount,
        List<BlobRef> blobs) {

    static final int VERSION = 1;
    /** Extents of one layer: 1 GiB of map. */
    static final int MAX_EXTENT_COUNT = 1 << 26;

    private static final String FORMAT = "varve-layer";
    private static final int MAX_LENGTH = 1 << 20;
    private static final JSON READER = JSON.builder(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(4).maxStringLength(256).maxNumberLength(20).build())
            .build()).build();

    public LayerManifest {
        blobs = List.copyOf(blobs);
        require(LayerId.isHex(mapId), "the id of its map");
        require(size >= 0 && size <= MapEntry.MAX_PAGE_INDEX + 1 << 12, "its size");
        require(extentCount >= 0 && extentCount <= MAX_EXTENT_COUNT, "the count of its extents");
        require(dataPageCount >= 0 && dataPageCount <= MapEntry.MAX_PAGE_INDEX + 1, "the count of its data pages");
        require(zeroPageCount >= 0 && zeroPageCount <= MapEntry.MAX_PAGE_INDEX + 1, "the count of its zero pages");
        require(blobs.size() <= MapEntry.MAX_BLOB_COUNT, "the count of its blobs");
    }

    /**
     * @throws java.nio.file.NoSuchFileException if there is no such layer
     * @throws CorruptDataException              if the bytes are not those that the id stands for
     */
    public static LayerManifest read(FileSpace space, Path layersDirectory, LayerId id) throws IOException {
        Path file = LayerFiles.manifest(layersDirectory, id);
        byte[] content = readAll(space, file);
        if (!Sha256.hex(content).equals(id.hex())) {
            throw new CorruptDataException(file.toString(), 0, "its bytes are not those of layer " + id);
        }
        return parse(file.toString(), content);
    }

    private static byte[] readAll(FileSpace space, Path path) throws IOException {
        try (BlockFile file = space.open(path, OpenMode.READ)) {
            long size = file.size();
            if (size > MAX_LENGTH) {
                throw new CorruptDataException(file.name(), MAX_LENGTH, "a manifest of " + size + " bytes");
            }
            UnsafeBuffer buffer = Buffers.alignedDirect((int) size);
            file.read(0, buffer, 0, (int) size);
            byte[] content = new byte[(int) size];
            buffer.getBytes(0, content);
            return content;
        }
    }

    static LayerManifest parse(String fileName, byte[] content) throws IOException {
        Map<String, Object> fields;
        LayerManifest manifest;
        try {
            fields = READER.mapFrom(content);
            if (!FORMAT.equals(fields.get("format"))) {
                throw new CorruptDataException(fileName, 0, "it is not the manifest of a layer");
            }
            if (fields.get("version") instanceof Integer version && version != VERSION) {
                throw new FormatVersionException(fileName, version, VERSION, VERSION);
            }
            manifest = of(fields);
        } catch (CorruptDataException | FormatVersionException e) {
            throw e;
        } catch (IOException | ClassCastException | NullPointerException | IllegalArgumentException e) {
            throw new CorruptDataException(fileName, 0, "it is not a manifest that Varve writes: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
        // One form only: whatever is unknown, doubled, reordered or out of type does not come back as it was.
        if (!Arrays.equals(manifest.toJson(), content)) {
            throw new CorruptDataException(fileName, 0, "it is not in the form that Varve writes");
        }
        return manifest;
    }

    private static LayerManifest of(Map<String, Object> fields) {
        Map<?, ?> map = (Map<?, ?>) fields.get("map");
        List<BlobRef> blobs = new ArrayList<>();
        for (Object blob : (List<?>) fields.get("blobs")) {
            Map<?, ?> blobFields = (Map<?, ?>) blob;
            blobs.add(new BlobRef((String) blobFields.get("id"), number(blobFields.get("pages"))));
        }
        return new LayerManifest(number(fields.get("size")), (String) map.get("id"), number(map.get("extents")),
                number(fields.get("dataPages")), number(fields.get("zeroPages")), blobs);
    }

    private static long number(Object value) {
        return ((Number) value).longValue();
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalArgumentException(what + " cannot be");
        }
    }

    /** Pages of the disk; the last one may be partly used. */
    public long pageCount() {
        return Pages.count(size);
    }

    /** The one form: these fields, in this order, no white space, UTF-8. */
    byte[] toJson() throws IOException {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("id", mapId);
        map.put("extents", extentCount);
        List<Map<String, Object>> blobList = new ArrayList<>();
        for (BlobRef blob : blobs) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("id", blob.id());
            fields.put("pages", blob.pageCount());
            blobList.add(fields);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("format", FORMAT);
        fields.put("version", VERSION);
        fields.put("size", size);
        fields.put("map", map);
        fields.put("dataPages", dataPageCount);
        fields.put("zeroPages", zeroPageCount);
        fields.put("blobs", blobList);
        return JSON.std.asString(fields).getBytes(StandardCharsets.UTF_8);
    }

    public LayerId id() throws IOException {
        return new LayerId(Sha256.hex(toJson()));
    }
}
