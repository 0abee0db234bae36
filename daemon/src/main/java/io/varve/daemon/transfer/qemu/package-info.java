/**
 * Formats that are not read here, read through QEMU, if it is installed: VMDK, VDI, QED, Parallels, and whatever else
 * its {@code qemu-nbd} opens.
 *
 * <pre>
 *   ServedImage --NBD, 16 reads under way, holes are not read--> socket in a directory of our own --> qemu-nbd -r
 *        |                                                                                              |
 *        +-- file: whether it changes                                          the file, and what it leads to
 * </pre>
 *
 * <p>The tool is told format and file, and nothing else. What else it opens, it finds in the file: the extents that a
 * VMDK descriptor names, the backing file of VMDK. The rules are those of {@link io.varve.daemon.format}:
 * <ul>
 *   <li>Who does not say the format gets what the file looks like, and that is believed for the file itself alone.
 *   <li>Who says it gets also files below its directory, or below one that was named.
 *   <li>Backing files of QED and of the first version of qcow are never followed: the tool would take them for what
 *       they look like, and a raw one can look like anything.
 * </ul>
 * This is not left to what the file says, which may change meanwhile, nor to our understanding of the format: before
 * the first byte of the disk is read, the tool's open descriptors are compared with what is allowed. It may have opened
 * more than that; it is killed then, and nothing of it has been read here.
 *
 * <p>Before it is imported, {@code qemu-img check} looks at its tables, where it can ({@link
 * io.varve.daemon.transfer.qemu.QemuCheck}): what lies behind the end of a file that was cut off, QEMU reads as zeros.
 *
 * <p>What is imported this way is not recognised again, and does not go on where it was: the files that it was made of
 * are not all known by name.
 *
 * <p>Design note: one process and a copy through a socket, because a pipe knows no holes; not a library, because what
 * breaks on a hostile file should be another process than ours.
 */
package io.varve.daemon.transfer.qemu;
