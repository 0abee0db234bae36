/**
 * An open export: the run loop over overlay state and extent map, and the border where causes become NBD errors.
 *
 * <pre>
 *   connection 1   connection 2          one agent
 *       Disk           Disk
 *          \          /
 *           DiskCore -- ReadPath ---- overlay state? PRESENT: Overlay.source  ZERO: zero
 *              |                      ABSENT: extent map? DATA: blob  else: zero
 *              |------- WritePath --- whole pages, edges ------------> Overlay
 *              |------- CommitPath -- FLUSH, FUA --------------------> Overlay.commit
 *              |------- WorkerDoor -- what must wait: to a worker and back
 *              |------- CachePath, ChainLoader  (background)
 *              '------- ErrorBorder   cause -> log, counter -> ENOSPC or EIO
 * </pre>
 *
 * <h2>Changing under running clients</h2>
 * Chain and overlay of a disk are a {@code DiskView}. An operation enters the view that is current when it begins and
 * uses it to its end. Two things put another view in its place:
 * <pre>
 *   changeChain   layers of the same content: after a merge, a rebase, a seal
 *   changeTop     a snapshot: the overlay becomes the top layer of the chain, below a fresh overlay
 *
 *     agent   checkpoint the overlay                          clients read and write
 *     agent   hold writes; those under way end; checkpoint    clients read
 *     worker  TopChange.commit: two directories exchanged     clients read
 *     agent   the new view; writes go on                      clients read and write
 * </pre>
 * When a view was replaced and the last operation has left it, what only it needed is given back: leases of chains,
 * files of overlays. Flushes that come while writes are held wait with them. The start of a dirty bitmap holds writes
 * in the same way, for the time that those under way take ({@code DiskBitmaps}); one change is made at a time.
 *
 * <p>Design note: a plain count of operations per view and not striped counters for all, because all operations of a
 * disk are begun and ended by its one agent; what reads in the background holds a count of its own.
 *
 * <p>What is not in memory: the operation, a reused object that knows how far it has come, parks its reply and goes to
 * a worker; the worker reads the one run that is missing and posts the operation back; the same loop goes on. There is
 * no other way to resume, and a request never waits for another one.
 *
 * <p>Design note: a long TRIM or WRITE_ZEROES gives up its turn by the same way, through a worker that has nothing to
 * do for it, because an agent may not post to itself: its queue could be full.
 *
 * <p>Design note: a read that was parked over a page looks at the state of the pages behind it anew, but not at that of
 * the page itself. Whoever writes there meanwhile does so while the read is under way, and then either answer is right.
 */
package io.varve.daemon.disk;
