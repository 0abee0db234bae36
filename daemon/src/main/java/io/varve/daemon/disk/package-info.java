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
