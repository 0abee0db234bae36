/**
 * Disk images in the formats that people have, as they lie in their files: what each says about a byte, and what it
 * leaves to its parent. Nothing here knows a store.
 *
 * <pre>
 *   ImageChain  -->  ForeignImage (child)  --absent-->  ForeignImage (parent)  --absent-->  ...  -->  zeros
 *   one disk          locate: Piece                      sector by sector
 *                     read
 *                        |
 *                        +-- TableCache   blocks of tables, 4 KiB each, a bounded number
 *                        +-- BlockFile    data
 * </pre>
 *
 * <p>New files are written from the start of the disk to its end ({@link io.varve.daemon.format.ImageWriter}), and are
 * images only when all else is durable.
 *
 * <p>Rules for all formats:
 * <ul>
 *   <li>Headers are flyweights over off-heap bytes; each field is checked before it is used. What is damaged is a
 *       {@link io.varve.daemon.io.CorruptDataException} with the position of the field; what is sound and not read here
 *       is an {@link io.varve.daemon.format.UnsupportedImageException} with what to do about it.
 *   <li>Tables are never read whole. Opening costs a few reads, whatever the size of the disk.
 *   <li>Positions that a table gives are checked against the end of the file at each look, not when it is opened.
 * </ul>
 *
 * <h2>Formats are said, not guessed</h2>
 * A guest can write the header of any format into its raw disk, with any file of the host as its "parent". Therefore:
 * <ul>
 *   <li>The format of a parent is the one that its child names; of VHD and VHDX it is that of the child. A qcow2
 *       file with a backing file and without its format is refused.
 *   <li>The format of the file on top is told by the person who names it. Who does not tell ({@code auto}) gets what
 *       the file looks like ({@link io.varve.daemon.format.ImageProbe}). That is believed for the file itself alone:
 *       its parents are followed only if its name says the same as its content ({@code win.vhdx}) and the child knows
 *       its parent by an id. So parents of qcow2 files are never followed without being told: they have no ids, and
 *       any file beside the disk would do.
 * </ul>
 *
 * <h2>Where parents may be</h2>
 * Below the directory of the file on top, or below one that the person names; where symbolic links lead counts.
 * {@link io.varve.daemon.format.ImageOpener} tries the paths of a {@link io.varve.daemon.format.ParentLink} in their
 * order:
 * <pre>
 *   relative             from the directory of the child; then its last components below each allowed directory
 *   absolute, file://    as it is; then the same
 *   C:/..., //server/... only its last components, at most 8, longest first, below each allowed directory
 * </pre>
 * The first file of the right id is the parent. Refused in one line ({@link io.varve.daemon.format.ParentException}):
 * none is there; one is there, but outside; all are of another id; a file that is in the chain already; more than 64
 * files.
 */
package io.varve.daemon.format;
