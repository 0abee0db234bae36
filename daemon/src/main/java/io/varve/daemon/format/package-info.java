/**
 * Disk images in the formats that people have, as they lie in their files: what each says about a byte, and what it
 * leaves to its parent. Nothing here knows a store.
 *
 * <pre>
 *   ImageChain  ──►  ForeignImage (child)  ──absent──►  ForeignImage (parent)  ──absent──►  ...  ──►  zeros
 *   one disk          locate: Piece                      sector by sector
 *                     read
 *                        │
 *                        ├── TableCache   blocks of tables, 4 KiB each, a bounded number
 *                        └── BlockFile    data
 * </pre>
 *
 * <p>Rules for all formats:
 * <ul>
 *   <li>The format of a file is told by who names it, or by the file that names it as its parent. It is never guessed
 *       from the content of a file that may be raw: a guest can write the header of another format into its disk, and
 *       would be given any file of the host as its "parent".
 *   <li>Headers are flyweights over off-heap bytes; each field is checked before it is used. What is damaged is a
 *       {@link io.varve.daemon.io.CorruptDataException} with the position of the field; what is sound and not read here
 *       is an {@link io.varve.daemon.format.UnsupportedImageException} with what to do about it.
 *   <li>Tables are never read whole. Opening costs a few reads, whatever the size of the disk.
 *   <li>Positions that a table gives are checked against the end of the file at each look, not when it is opened.
 * </ul>
 */
package io.varve.daemon.format;
