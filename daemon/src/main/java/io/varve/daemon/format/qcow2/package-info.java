/**
 * Disk images of QEMU and KVM, versions 2 and 3, as QEMU's docs/interop/qcow2.txt describes them. All numbers are big
 * endian; the file is made of clusters of 512 bytes to 2 MiB.
 *
 * <pre>
 *   cluster 0                      anywhere, a multiple of a cluster         anywhere
 *   +---------------------+  L1    +-------------+  offset   +-----------+   +----------------+
 *   | header   72 or 104+ |------->| entry       |---------->| L2 table  |-->| cluster: data  |
 *   | extensions          |        | entry  = 0  | absent    | 1 cluster |   +----------------+
 *   | backing file name   |        | ...         |           |           |--+
 *   +---------------------+        +-------------+           +-----------+  |  any byte
 *                                                                           +->[compressed, up to two clusters]
 *   header   0 magic "QFI\xfb"     4 version          8 name position   16 name length   20 cluster bits
 *           24 disk size          32 encryption      36 L1 entries      40 L1 position
 *           48 refcount table     56 its clusters    60 snapshots       64 snapshot table
 *   from 3  72 incompatible bits  80 compatible      88 autoclear       96 refcount order
 *          100 header length     104 compression (0 deflate, 1 zstd)
 *
 *   L2 entry   63      62           61 ... 56   55 ... 9              8 ... 1   0
 *              copied  0 standard   reserved    cluster position      reserved  zero (version 3)
 *                      1 compressed sectors | byte position; the border lies at bit 70 - cluster bits
 *   extended   a second word: 32 bits "subcluster is zero", 32 bits "subcluster is here"; the first subcluster is bit 0
 * </pre>
 *
 * <p>What a cluster is: position 0 - absent; zero bit - zeros, whatever the position; compressed - encoded; else data.
 *
 * <p>Not read: the refcounts (they serve who writes), snapshots inside of the file, bitmaps. Refused, with what to do:
 * encryption, an external data file, unknown incompatible features, a file that is marked corrupt, a backing file named
 * by a protocol or by a description in JSON, or of a format that is not read here.
 *
 * <p>Design note: reserved bits that are set are damage here, where QEMU ignores some, and clusters behind the end of
 * the file are damage, where QEMU returns zeros: an image that was cut must not look like one that is empty. Data and
 * tables inside the first table are damage, and, when the file is imported, a cluster that an entry claims for itself
 * alone (copied) and another one has too. Without that bit clusters may be shared: QEMU takes it away from what a
 * snapshot has.
 */
package io.varve.daemon.format.qcow2;
