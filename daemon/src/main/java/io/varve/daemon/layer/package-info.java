/**
 * The sealed layer: format, reader, writer, scrub.
 *
 * <h2>Files</h2>
 * <pre>
 *   layers/LAYER.json            manifest; LAYER is the SHA-256 of its bytes
 *   layers/MAP.map               extents, sorted by page of the disk
 *   blobs/BLOB/pages             pages of 4096 bytes, one behind the other, nothing else: page i at position i * 4096
 *   blobs/BLOB/crc               CRC32C of each page
 *   blobs/BLOB/chunks            SHA-256 of each chunk of 64 KiB; the last one may be shorter
 *   tmp/layer-UUID/              a layer that is being written
 *   tmp/NAME/                    the same, of a job that can be continued: also holds progress
 * </pre>
 *
 * <h2>Grammar</h2>
 * Little-endian; names are lower-case hexadecimal.
 * <pre>
 *   Manifest  --&gt; {"format":"varve-layer","version":1,"size":BYTES,"map":{"id":MAP,"extents":COUNT},
 *                  "dataPages":COUNT,"zeroPages":COUNT,"blobs":[{"id":BLOB,"pages":COUNT}, ...]}
 *                 in this order, without white space: there is one form of it, to the byte
 *   Table     --&gt; Header, Entry*, Directory          map, crc and chunks alike
 *   Header    --&gt; 128 bytes, drawn in TableHeader; its CRC32C is the last field
 *   Entry     --&gt; map: 16 bytes, drawn in MapEntry;  crc: 4 bytes;  chunks: 32 bytes
 *   Directory --&gt; CRC32C of each 64 KiB of entries; the last one may be shorter
 *   BLOB      --&gt; SHA-256(entries of chunks, Counts)    and the id in the headers of chunks and crc
 *   MAP       --&gt; SHA-256(entries of the map, Counts)   and the id in the header of the map
 *   Counts    --&gt; bytes 48 to 67 of the header: entry count, page count, blob count
 * </pre>
 *
 * <h2>Meaning</h2>
 * An extent says that pages of the disk are data (in a blob of the manifest's list, from a page of it on), or zero.
 * What no extent mentions is what the layers below say; below the base it is zero. A layer does not name its parent:
 * the image does, by its chain. Zero pages are never stored as data, nor are pages that the parent has; so one
 * content over one parent makes one layer, whoever seals it, and blobs and maps of equal content are one file.
 *
 * <h2>Merging</h2>
 * Consecutive layers become one as a map alone: it shows what the topmost of them says about each page, and points
 * into their blobs, each listed once, as the map first mentions it. Zeros are kept, because they hide what lies below;
 * only where nothing lies below they are left out. The merged layer has the size of the largest, so that a chain with
 * it says the same as before to a disk of any size. A blob of which the layer shows less than half wastes space that
 * only a new blob gives back: {@link io.varve.daemon.layer.LayerUse} tells.
 *
 * <h2>Limits</h2>
 * <pre>
 *   disk and blob: 2^36 pages (256 TiB)     extent: 2^20 pages (4 GiB)     extents of a layer: 2^26
 *   blobs of a layer: 4096                  manifest: 1 MiB
 * </pre>
 *
 * <h2>Who checks what, and when</h2>
 * <pre>
 *   open    bytes of the manifest against its name, its one form, its limits; every header; the size of every file;
 *           all of the map: checksums, order, ranges, kinds, reserved bits, counts
 *   read    CRC32C of every page that is touched, and of the part of the crc table that says so
 *   scrub   all of it, the SHA-256 of every chunk, and the names of blob and map
 * </pre>
 * Damage is a {@link io.varve.daemon.io.CorruptDataException}, for a page that of this page alone. A version that
 * this build does not know is a {@link io.varve.daemon.io.FormatVersionException}: headers keep their first 128 bytes
 * in all versions, so that it can be told from damage.
 *
 * <h2>What chains share</h2>
 * Images of one store mostly begin with the same layers. Of a layer that several open chains have, manifest and map
 * are in memory once, of a blob files are open and checksums loaded once, and the regions of the layers that chains
 * begin with are flattened once: {@link io.varve.daemon.layer.OpenLayers}. One more image costs what is its own.
 *
 * <h2>Writing</h2>
 * Under tmp first; synced; renamed, then the directories synced: blob, map, and last the manifest. A crash leaves
 * files under tmp, or files of content names that no manifest names, which a garbage collection finds.
 *
 * <p>Design note: the blob has no header of its own, because its pages must lie at multiples of 4096, and because a
 * blob can then be read, or compared, by anything; magic, version, id and counts are in the tables beside it.
 *
 * <p>Design note: a layer does not name its parent, because layers below it may be merged into an equal chain, and
 * the layer, its overlays and caches of it, should survive that.
 *
 * <p>Design note: one shape for three tables, because then one class writes, one reads and one test breaks them; 64
 * KiB per checksum, because that is what a reader brings into memory at once.
 */
package io.varve.daemon.layer;
