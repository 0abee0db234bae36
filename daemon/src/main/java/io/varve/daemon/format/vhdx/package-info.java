/**
 * VHDX files, after [MS-VHDX]: little-endian, everything that is large begins at a multiple of 1 MiB.
 *
 * <pre>
 *   byte 0        "vhdxfile", name of the program that made it (UTF-16)
 *   64K, 128K     two headers, 4 KiB each: sequence number, identifiers, where the log is; CRC-32C.
 *                 The valid one with the higher sequence number counts.
 *   192K, 256K    two region tables, 64 KiB each, alike; CRC-32C. The second is read if the first is damaged.
 *   from 1M on    log       a ring of entries that change 4 KiB sectors of this file
 *                 metadata  table, and items: block size, disk size, sector sizes, page 83 data, parent locator
 *                 BAT       one entry of 8 bytes for each block, and one for the sector bitmap of each chunk behind it
 *                 payload   blocks of 1 to 256 MiB, and sector bitmaps of 1 MiB, in any order
 *
 *   BAT entry     | position in MiB, 44 bits | reserved, 17 bits | state, 3 bits |
 *   order         p0 p1 ... p(r-1) B0  pr ... p(2r-1) B1  ...     r = 2^23 * sector size / block size
 * </pre>
 *
 * <table><caption>States of a block</caption>
 * <tr><th>state</th><th>with a parent</th><th>without</th></tr>
 * <tr><td>0 not present</td><td>the parent's</td><td>zero</td></tr>
 * <tr><td>1 undefined, 2 zero, 3 unmapped, 5 unmapped (older files)</td><td>zero</td><td>zero</td></tr>
 * <tr><td>6 fully present</td><td>in the file</td><td>in the file</td></tr>
 * <tr><td>7 partially present</td><td>by the sector bitmap, lowest bit first: 1 in the file, 0 the parent's</td>
 * <td>damage</td></tr>
 * </table>
 *
 * <p>Design note: a file whose program crashed has a log that must be replayed before anything else is read. The file
 * is not ours to change, so the log is replayed onto the view of it ({@code ReplayedFile}): what an entry writes is
 * remembered as where in the log it is, and every read behind the log, of tables and of payload, looks there first. A
 * range of zeros costs the same whatever its length.
 *
 * <p>Design note: the flag "required" of a known region or item is not demanded, because QEMU does not set it for
 * regions. What is unknown and required is refused.
 *
 * <p>Design note: a file that is written here is new, from the start of the disk to its end, so that no log is needed.
 * Its identifier is written last, after everything else is durable: what a crash leaves is no VHDX.
 *
 * <p>Damage, beside what is broken: a block outside of the file, or where the headers, the log or a region are; when
 * the file is imported, blocks and sector bitmaps on top of each other.
 *
 * <p>Refused with a reason: version other than 1, a log of another version or above 256 MiB, unknown required regions
 * and items, parent locators that are not those of VHDX.
 */
package io.varve.daemon.format.vhdx;
