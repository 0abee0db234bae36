/**
 * The catalogue: images, chains, overlays, sequences, and who uses them.
 *
 * <h2>Files</h2>
 * <pre>
 *   varve.json                       what makes the directory a store: version, id, features
 *   images/NAME/TAG.json             an image: its size, its layers
 *   images/NAME/TAG.seq              what its boots have taught: io.varve.daemon.boot
 *   images/NAME/TAG.pack             the pages that its boots read: io.varve.daemon.boot
 *   images/NAME/TAG.boots/           what was written down of its last boots, a file each, for people; the name is
 *                                    milliseconds since the epoch, process, count: names sort by time
 *   layers/, blobs/                  sealed layers, named by content: io.varve.daemon.layer
 *   frozen/LAYER/                    overlays that became layers and are not sealed yet
 *   linked/LAYER.json                image files of people that are layers where they are; an empty LAYER.import beside
 *                                    it says that the daemon shall import them
 *   linked/LAYER.cache/              what was read of a disk on another machine: io.varve.daemon.cache; an empty "lock"
 *                                    in it is held by the process that has it open
 *   replaced/FROM.json               which layers have taken the place of which
 *   overlays/NAME/TAG/CLIENT/        what a client has written, and its dirty bitmaps: io.varve.daemon.overlay; an
 *                                    empty file "until-boot" in it says that it is dropped when its client comes back
 *   ephemeral/UUID/                  what goes with its connection
 *   tmp/                             what is being made or deleted; nothing in it is needed, but an import that was
 *                                    cut short can go on from import-*
 *   catalogue.lock  writers.lock  daemon.lock    empty, but for the number of the daemon's process in the last one
 *   unreachable.json                 since when nobody needs certain files
 *   counters  varve.sock  control.sock           of the running daemon
 * </pre>
 *
 * <h2>Names</h2>
 * NAME, TAG and CLIENT are one path component each: a name of the rules in {@code Names}, in which {@code /} is written
 * {@code %2F} and {@code :} is written {@code %3A}; nothing else is encoded. An image without a tag has the tag {@code
 * latest}. What does not fit these rules is none of ours: it is passed over, and left alone. NAME.new beside a file is
 * one that was never finished.
 *
 * <h2>Documents</h2>
 * Files of the form {@code .json} are UTF-8, one object, one field a line, in the order shown here, indented by two
 * spaces: people can read them. The grammar leaves out line ends and spaces.
 * <pre>
 *   varve.json  --&gt; {"format":"varve-store","version":1,"id":UUID,"features":[FEATURE, ...],Crc}
 *   TAG.json    --&gt; {"format":"varve-image","version":1,"image":IMAGE,"size":BYTES,"layers":[LAYER, ...],
 *                    "created":INSTANT,"source":TEXT,Crc}
 *                   with "parent":TEXT behind "source", or not
 *   Crc         --&gt; "crc32c":"HEX"
 *   IMAGE       --&gt; NAME or NAME:TAG, not encoded: whose manifest it is
 *   INSTANT     --&gt; ISO 8601, UTC, to the millisecond
 *   LAYER.json  --&gt; {"format":"varve-linked","version":1,"image":FORMAT,"size":BYTES,"directories":[PATH, ...],
 *                    "parts":[PART, ...],Crc}
 *   or          --&gt; {"format":"varve-remote","version":1,"size":BYTES,"validator":TEXT,"locations":[TEXT, ...],
 *                    "cache":BYTES or 0,Crc}
 *   FORMAT      --&gt; RAW, QCOW2, VHD or VHDX: of the first part; the others are its parents
 *   PART        --&gt; bytes, a space, INSTANT of the last change to the nanosecond, a space, PATH: absolute
 *   LAYER       --&gt; 64 hexadecimal digits: a sealed layer, a frozen or a linked one
 *   BYTES       --&gt; 1 to 2^48
 *   limits      --&gt; layers 4096; features 64; texts 4096 characters; varve.json 64 KiB, TAG.json 1 MiB
 * </pre>
 * HEX is eight digits, the CRC32C of all bytes of the file before the quote in which {@code crc32c} begins; behind it
 * come {@code " : "}, the quoted digits, a line end, a closing brace and a line end. {@code Crc} and {@code IMAGE} are
 * always written and need not be there: whoever edits a manifest by hand takes the checksum out.
 *
 * <p>The LAYER of image files is the SHA-256, in hexadecimal, of {@code linked FORMAT BYTES}, and of a line end and a
 * PART for each file: whenever a file changes it is another layer, which no overlay stands on. Their pages have no
 * checksums. Who opens the layer compares size and time of each file, as they were before it was opened; what is
 * written to them later, while they are open, is not noticed, and is their owner's to prevent. Each page of them is
 * data to whoever reads; block status asks the files for holes ({@link io.varve.daemon.io.SparseSource}), which costs
 * reads nothing: what the tables in memory, or in the page cache, do not tell counts as data.
 *
 * <p>The LAYER of a disk on other machines is that of {@code remote BYTES}, a line end, the validator, a line end and
 * the first location: its server's entity tag or time of last change, if it tells one, makes a changed disk another
 * layer. The other locations are those of mirrors. A cache of 0 bytes is one without a limit.
 *
 * <p>The layers of an image are noted base first, as they were when the manifest was written. A layer may come more
 * than once: layers do not name what is below them, so an image that goes back to what it was is a chain in which a
 * layer repeats. {@code source} and {@code parent} are for people; nothing is concluded from them, so that parents can
 * form no circle.
 *
 * <p>What boots have taught belongs to a chain: the subject of TAG.seq is the SHA-256, in hexadecimal, of the ids of
 * the layers as they are noted, one behind the other. When the name has moved to other layers, the file is not used,
 * and replaced in time. An image of which nothing is known inherits: when it is published, and when a client opens it.
 * The donor is the image with a profile that has most layers in common with it, from the base on, both resolved.
 *
 * <h2>Versions and features</h2>
 * Three things can be wrong with a file, and are told apart for each: it is damaged ({@code CorruptDataException}:
 * file, position, what); it is of an older version than this build reads, or of a newer one ({@code
 * FormatVersionException}: file, version, what to do). That works because every version of every format keeps the place
 * of magic or {@code format}, version and checksum. A version that differs from what this build knows is looked at
 * after the checksum.
 *
 * <p>{@code features} are promises about the whole store that a build which has not heard of them would break. A store
 * with a feature that this build does not know is refused as a whole, with one line: too new. This build knows none.
 *
 * <h2>Locks</h2>
 * Locks of open file descriptions, on these files; they end with their process. Whoever needs several takes them in
 * this order.
 * <pre>
 *   daemon.lock              exclusive   the one daemon of the store, as long as it runs
 *   writers.lock             shared      who writes layers that nothing names yet, until something names them
 *                            exclusive   who deletes layers
 *   catalogue.lock           exclusive   who changes images, sequences, replacements: for milliseconds
 *   images/NAME/TAG.json     shared      who serves the image           exclusive: who removes it or moves its name
 *   layers/LAYER.json        shared      who has the layer open         exclusive: who deletes it
 *   frozen/LAYER/meta        shared      the same                       exclusive: the same
 *   overlays/.../meta        exclusive   who has the overlay open       shared: who asks whether somebody has
 * </pre>
 *
 * <h2>What is verified</h2>
 * {@link StoreScrub} reads all that images and overlays need, and takes none of these locks; {@link BackgroundScrub}
 * does the same all the time, slowly. Files in {@code tmp} and {@code ephemeral}, and layers that nothing needs, are
 * not looked at.
 *
 * <p>Design note: manifests carry their own name, because two files that were exchanged, by a restore or by hand, would
 * both be whole; and a checksum at their end and not beside them, because a file and its checksum can then not be of
 * two ages.
 *
 * <h2>Snapshots</h2>
 * A snapshot exchanges two directories in one step: the overlay of the client, and a fresh overlay that was prepared at
 * {@code frozen/LAYER/} and stands on the same layers and on LAYER. LAYER is the SHA-256, in hexadecimal, of the text
 * {@code frozen UUID} with the id of the client's overlay: so it is known before there is such a layer, and a directory
 * whose overlay has another id is one that was prepared and never used. Dirty bitmaps go with the client: they are
 * durable in the fresh overlay before the exchange, and what is left of them beside the frozen one means nothing. A
 * frozen layer is sealed by the daemon soon, and replaced by what it was sealed to; see {@code Snapshot}, {@code
 * FrozenSeal} and {@code Maintenance}.
 *
 * <p>Design note: frozen layers have no checksums of pages until they are sealed, because computing them would make the
 * client wait in proportion to what it has written.
 *
 * <h2>Replacements</h2>
 * Layers give way to others of the same content: many to one that was merged of them, a frozen one to the sealed one.
 * Neither manifests of images nor overlays are rewritten for that. One new file makes the change, for all of them at
 * once:
 * <pre>
 *   replaced/FROM.json --&gt; {"format":"varve-replacement","version":1,"from":[LAYER, ...],"to":[LAYER, ...],Crc}
 *                          a document as above; FROM is the SHA-256 of the ids in "from", one behind the other
 * </pre>
 * It says: a chain that begins with the layers {@code from} says the same, about every page of a disk of any size, as
 * one that has the layers {@code to} in their place. Both lists have at most 4096 ids, base first; {@code from} has at
 * least one. A chain is <em>resolved</em> by applying the replacement of its longest prefix, until none applies.
 *
 * <p>The file is written under another name, synced, renamed, and its directory synced, under the catalogue's lock.
 * The layers in {@code to} are durable before, and nobody collects garbage from before they are written until then. So
 * a crash leaves the old layers in force, or the new ones.
 *
 * <p>Design note: the longest prefix first, because a replacement is only made of layers that nothing replaces at that
 * time. Therefore of two that apply, the longer one is the older one, and a new one never changes the way that a chain
 * was resolved before: it only adds a step at the end. Layers that a chain was resolved to once may thus be deleted
 * when it resolves to others. Replacements in the middle of chains would not have that property.
 *
 * <p>Design note: a replacement back to layers that were replaced as a whole takes the place of the one that replaced
 * them, which is deleted, durably, before. What would lead any chain in a circle otherwise, or to layers that may have
 * been deleted, is refused when it is made; after a garbage collection the way may be free. A circle that is found is
 * damage.
 *
 * <p>Overlays keep the ids that they were made with; an overlay is opened with these, and read over the resolved chain.
 * Images keep theirs until a garbage collection notes them anew: first in the sequence, then in the manifest.
 *
 * <h2>Imported files</h2>
 * What files of other formats became, so that the parents of the next child are not read again:
 * <pre>
 *   foreign/FILES.json --&gt; {"format":"varve-foreign","version":1,"files":[TEXT, ...],"layers":[LAYER, ...],Crc}
 *                          a document as above; FILES is the SHA-256 of the texts, joined by line feeds
 * </pre>
 * TEXT stands for the content of one file; the first one is of the file that the layers say, the others of its parents.
 * It is written when the last layer is durable; the layers are resolved when it is read. A record needs nothing: its
 * layers go when no image needs them, and the record then, at the next look or the next garbage collection.
 *
 * <h2>Garbage</h2>
 * What is needed is found anew each time, from the files that refer: the chains of all images and overlays, resolved;
 * the replacements on the way, and what each of these leads to by itself, because an image may come that has just those
 * layers; and whatever somebody has locked. The rest of {@code replaced}, {@code layers}, {@code blobs}, {@code frozen}
 * and {@code tmp} is garbage, and is deleted when the grace period has passed since that was first found:
 * <pre>
 *   unreachable.json --&gt; {"format":"varve-unreachable","version":1,"found":["MS FILE", ...],Crc}
 *                        MS: milliseconds since the epoch; FILE: below the root; if it is lost, waiting begins anew
 * </pre>
 * If anything that refers cannot be read, nothing is deleted. Replacements go first, then manifests, maps, blobs, each
 * durable before the next: what is there leads to what is there, after a crash too. A removed image takes the layers
 * that nothing else needs with it at once.
 */
package io.varve.daemon.store;
