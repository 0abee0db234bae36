/**
 * Merges a differencing image into its parent, in the parent's file, so that a power cut at any moment costs nothing
 * but time, and the merged disk can be read all along.
 *
 * <pre>
 *   child    [ its sectors ]           only read                      child    -- covers --+
 *                | MergeCopy, unit by unit                                                 v
 *                v                                                    parent   before, meanwhile, after
 *   parent   [ as it was | new blocks ]   MergeTarget                             MergedView
 *   parent.varve-merge                    MergeRecord: what, which, how far
 *
 *   PLANNED  --copy begins--&gt;  COPYING  --all is durable--&gt;  DONE
 *   parent is as it was        any mix, its id is old or new     parent is the merged disk, with the new id
 *   view: child over parent    view: child over parent           view: parent; the record is a receipt
 * </pre>
 *
 * <h2>Why the view is right at each moment</h2>
 * What the copy changes in the parent is covered by the child. Of a sector that the child leaves to its parent, the
 * parent says the same before, meanwhile and after: new blocks are zeros, or bits that say "not here", before a table
 * leads to them. That also holds for a reader that still has an older table in memory. So a reader needs no word of how
 * far the copy is, and takes the file for as long as it may ever become ({@code GrowingFile}).
 *
 * <h2>Why a repeated run ends in the same bytes</h2>
 * New blocks lie behind the length that the file had before, in the order of the disk: where they go follows from that
 * length, which the record keeps, and from the tables of child and parent. An entry that leads behind the old length is
 * one that an earlier run wrote.
 *
 * <table><caption>What is durable when</caption>
 * <tr><th>before</th><th>this is durable</th></tr>
 * <tr><td>the parent is changed</td><td>the record says COPYING</td></tr>
 * <tr><td>the id is changed</td><td>the length of the file</td></tr>
 * <tr><td>content is changed</td><td>the new id: other children are refused by it from then on</td></tr>
 * <tr><td>a table leads to a new block</td><td>the block and its bitmap</td></tr>
 * <tr><td>the record says how far it is</td><td>tables and blocks so far</td></tr>
 * <tr><td>the record says DONE</td><td>all of the parent</td></tr>
 * </table>
 *
 * <p>The record is replaced as a whole: written to {@code PARENT.varve-merge.new}, synced, renamed, directory synced.
 *
 * <pre>
 *   0 "varvemrg" | 8 version 1 | 12 CRC-32C of all, this field zero | 16 state 0 1 2 | 20 format: 0 VHD, 1 VHDX
 *   24 id of the merge | 40 id of the child | 56 of the parent before | 72 and after
 *   88 stamp of the child | 112 of the parent before | 136 and after     length, second, nanosecond
 *   160 longest file | 168 disk size | 176 moved up to | 184 length of the path | 188 zero | 192 path to the child
 * </pre>
 * Little-endian. The path leads from the directory of the parent, so that both can be moved together.
 *
 * <p>Refused: a damaged record, an id or a stamp that is not the noted one. A guest cannot write a record, and the
 * child that it names must lie where parents may lie, and have the noted id.
 */
package io.varve.daemon.format.merge;
