/**
 * The flattened view of a chain: page range to (blob, page), or zero, or absent. Immutable, shared by all clients of
 * a chain, pure: no I/O.
 *
 * <pre>
 *   pageIndex ---- region = pageIndex / 8192 ----> leaves[region] ---- binary search ----> (target, run length)
 *
 *   layers, base first      ExtentList  ExtentList  ExtentList      sorted extents, as the layers list them
 *                                 \         |         /             on first touch of a region: newest first
 *   leaf, 32 MiB            | data b0+17 | zero | data b2+4 |  ...  segments without gaps, neighbours merged
 * </pre>
 *
 * <p>Design note: one leaf per region and not one array for the whole disk, because a leaf is the unit that is built
 * lazily (an image opens at once, whatever its size), and that a child shares with its parent.
 */
package io.varve.daemon.extent;
