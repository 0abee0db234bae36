/**
 * VHD, the format of Virtual PC and of Hyper-V before 2012: Microsoft, Virtual Hard Disk Image Format Specification,
 * version 1.0, 2006. Numbers are big-endian, a sector has 512 bytes.
 *
 * <pre>
 *   fixed        [ data of the disk                                    | footer ]
 *
 *   dynamic,     [ copy of the footer | header | locators | block table | block | block | ... | footer ]
 *   differencing    512 bytes           1024     paths to    4 bytes each    │
 *                                                the parent                  ▼
 *                                                            [ bitmap | data ]   2 MiB of data and 512 bytes of
 *                                                                                bitmap, if not said otherwise
 *   footer   position of the header, size, geometry, type, checksum, id
 *   header   position and length of the block table, size of a block, checksum; id, time, name of the parent,
 *            eight locators
 *   table    number of the sector where a block starts; ffffffff: the block is absent
 *   bitmap   a bit per sector, the highest of the first byte first, padded to whole sectors
 *              1  the sector is in the block
 *              0  dynamic: it is zero;  differencing: the parent has it
 * </pre>
 *
 * <p>What differs between those who write the format, and what is done about it:
 * <ul>
 *   <li>The size is that of the geometry if Virtual PC or QEMU made the file, and the current size otherwise, or if the
 *       geometry is at its limit.
 *   <li>A footer that is missing or broken is read from its copy; never that of a fixed disk, whose first sector is the
 *       guest's to write. One at the end that is not the same disk's as its copy is refused: a file that lost its
 *       footer may end in a sector of the guest. Footers before 2004 have 511 bytes.
 *   <li>The space of a locator is in sectors below 512, and in bytes from there on. Paths are UTF-16LE, the parent's
 *       name in the header is UTF-16BE. Only locators in Unicode are read.
 *   <li>The last block may be cut off where the disk ends.
 *   <li>Who changes a parent behind its child's back leaves its id as it is. The child has the time when the parent's
 *       file was last written to, but that of the file is another one in every copy, later or earlier, and to refuse
 *       what was copied is no use. The time in the parent's own footer is copied with it: it says when the parent was
 *       made, and a parent that was made after its child, by more than clocks and zones differ (26 hours), is refused.
 * </ul>
 *
 * <p>Refused as damaged: no footer, wrong checksums; sizes that are not whole sectors, or that the file or the table
 * does not cover; a table outside the file; when looked up, a block outside the file, or on top of the header or the
 * table.; when it is imported, blocks on top of each other, which otherwise give wrong bytes of the same file,
 * no others. Refused as unknown: other types than the three, other versions than 1.
 */
package io.varve.daemon.format.vhd;
