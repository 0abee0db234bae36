/**
 * The writable top of one client's disk, and how it survives a crash.
 *
 * <pre>
 *   agent thread                                     a worker
 *
 *   writePages ──► data file ──► StateMap            EpochWriter
 *   overwrite  ──► data file     DirtyPages             SYNC              data.sync
 *   zeroPages  ────────────────► StateMap               RECORD            journal.append (1 sync)
 *        │                          │                   SYNC_THEN_RECORD  data.sync, journal.append
 *        │        EpochBuilder ◄────┘                   CHECKPOINT        data.sync, map slot (sync), other half
 *        └ commit ──► Committer ──── Epoch ────────────►│
 *              listeners ◄── Committer ◄── done ────────┘
 * </pre>
 *
 * <h2>Files</h2>
 * One directory per overlay. All numbers are little-endian, all checksums are CRC32C over the bytes as they are.
 *
 * <table>
 * <caption>Files of a kept overlay</caption>
 * <tr><td>meta</td><td>what the overlay stands on, who owns it: {@code MetaFile}. Carries the lock</td></tr>
 * <tr><td>data</td><td>sparse; page i of the disk at byte i * 4096; behind the last whole page a sector that says
 *     whose data it is: {@code DataFile}. Files made before that sector was, end there</td></tr>
 * <tr><td>jrnl</td><td>a header page ({@code Header}, magic VRVOJRNL, no fields), then two halves of equal length, one
 *     of them live, with records ({@code JournalRecord}) from its start on. Made after the first commit</td></tr>
 * <tr><td>map0, map1</td><td>the states of all pages at a checkpoint: {@code MapFormat}. Written in turn</td></tr>
 * <tr><td>bitmap-NAME</td><td>a dirty bitmap: {@code BitmapFile}. Replaced as a whole</td></tr>
 * <tr><td>failed</td><td>empty; a sync or write failed since the last open: {@code FailureMark}</td></tr>
 * </table>
 *
 * An overlay that is not kept has only data. One in memory has its pages in the memory that all of them share
 * ({@code MemoryPool}), and in data those that found no room there ({@code MemoryData}). The byte tables are in the
 * classes named here; {@code Header} says what all headers share: magic, version, id of the overlay, zero in unused
 * bytes, checksum.
 *
 * <h2>States</h2>
 * ABSENT: the layers below decide. PRESENT: the page is in data. ZERO: it reads as zero. A page never returns to
 * ABSENT. States are journaled as such; nothing is ever concluded from holes in data.
 *
 * <h2>Commits</h2>
 * A commit begins an <em>epoch</em>: all pages whose state changed, and all that were written in place, since the last
 * one. While an epoch is on its way all who commit wait for the next, and share it.
 *
 * <ol>
 * <li>Only pages written in place, none with a payload in the live half: data is synced.
 * <li>Few pages (64, 256 KiB): their bytes go into a record; the journal is synced. One sync, also for ten
 *     new pages all over the disk, where syncing data alone would cost one allocation each.
 * <li>More: data is synced, then a record that lists them without bytes is appended and synced.
 * <li>The record does not fit into the live half, or the journal has none: a checkpoint, which is a commit too. Data
 *     is synced, the states of the instant at which the epoch began are written to the older map slot, that is
 *     synced, and the other half becomes live and is empty.
 * </ol>
 *
 * The epoch's bytes and states are copied on the agent's thread, without waiting; pages that have left the memory make
 * it take way 3. Closing ends with a checkpoint, if anything was written since the last one.
 *
 * <h2>Recovery</h2>
 * The newest whole slot, then the records of its half while each is whole, of this overlay, next in seq, of no older
 * owner, and names the checksum of its predecessor, the first one that of the slot. The last mention of each page
 * counts: "in place" and ZERO only set the state; a payload is written to data. All files are synced before that, also
 * if there is nothing to replay, because the daemon before may have been killed with all of it in the page cache only.
 * The payloads in data are not: they are durable in the journal. Now the client may read. The first epoch is a
 * checkpoint and begins at once; nothing is appended behind records of an older owner.
 *
 * <p>A process that opens what it closed itself, and what nobody touched since, knows that all of it is durable and who
 * owns it ({@code ClosedOverlays}): it syncs and claims nothing. A client that comes, reads and goes leaves no trace.
 *
 * <p>A crash can tear the last record and the newest slot, nothing else. A whole record with a larger seq behind a
 * damaged one, or in the other half, therefore proves that the disk lost what had been synced: the overlay is then
 * refused as corrupt instead of silently returning to an older state.
 *
 * <h2>Why no crash shows garbage, or less than was committed</h2>
 * <ul>
 * <li><b>I1, no garbage.</b> On disk a page becomes PRESENT only by a record that has its bytes, or by a record or slot
 *     that was written after a sync of data that covered them. The states of an epoch are taken before that sync
 *     begins, and a state is published in memory only after its bytes were written.
 * <li><b>I2, nothing older than the last commit.</b> When a commit is answered, the bytes of its pages are durable in
 *     data or in a record. Only a payload can be replayed over data, and only if it is the last mention of its page in
 *     the live half. A page with such a payload that is written in place again is mentioned in the record of the next
 *     epoch (way 1 is closed to it), as payload or as "in place", before that is answered.
 * <li><b>I3, in between.</b> What was not committed may be there or not. Whole pages of it if they were not PRESENT
 *     before; sectors of it if they were, as on any disk.
 * <li><b>I4, it stays.</b> Recovery is a function of the slot and of the whole records after it, and changes neither
 *     before its own checkpoint is durable; a crash during recovery, or before that checkpoint, finds the same input.
 *     What a client sees after it was synced before.
 * </ul>
 *
 * <h2>Frozen overlays</h2>
 * After a checkpoint the data file and one slot say everything, and the journal nothing. An overlay that is written no
 * more after it is a layer as it stands: {@code FrozenOverlay} reads it so, without changing or recovering anything. It
 * was moved away by then, and a fresh overlay has taken its place, both in one step; see {@code Snapshot} in the store.
 *
 * <h2>Dirty bitmaps</h2>
 * A bit for each 64 KiB of the disk, set before anything there is written, zeroed or trimmed, whether that changes
 * something or not. The bits are in memory while the overlay is open; the write path costs a loop over no bitmaps
 * where there are none, and no sync where there are some.
 *
 * <p><b>Invariant.</b> Whatever reads differently than it did when the bitmap was started is dirty, after any crash
 * too; and while nothing has crashed, nothing is dirty that no request has touched.
 *
 * <ul>
 * <li><b>Start.</b> From some instant on writes are marked; then all that was written before is committed; then the
 *     file is written, with nothing in it. So a crash after the start brings back nothing older than the start.
 * <li><b>Close.</b> When all is durable and nothing is written any more, the bits are stored with the owner epoch of
 *     who closes. Who opens next finds in meta the epoch of the last owner, and believes the bits as they are if
 *     they were stored by that one. So the claim of an epoch, which is durable before the first write, is what marks
 *     all bitmaps as open, also for a build that knows none; there is nothing else to be written at open. An overlay
 *     with bitmaps is claimed at every open, also by the process that closed it last.
 * <li><b>Crash.</b> Otherwise the stored bits count, and all pages that are not ABSENT: what was written since the
 *     bits were stored is among these, or was lost, and reads as before. Such a bitmap is a superset until it is
 *     dropped.
 * <li><b>Snapshot.</b> The fresh overlay has only ABSENT pages, so the bits of this instant are durable in its
 *     directory, not closed by anybody, before the two directories are exchanged; no write is under way then. The
 *     union rule holds for the fresh overlay from then on, and for the old one if the exchange never happened.
 * <li><b>Damage.</b> Of a file that cannot be read, everything is dirty; it is left as it is until the bitmap is
 *     dropped. Drop means: not marked any more; if its file is there again after a crash, the rules above still hold
 *     for it.
 * </ul>
 *
 * A bitmap goes with its overlay, when that is reset. Merging, flattening and sealing layers, a rebase and a
 * collection of garbage change no content that a client sees, and no bitmap; images have none. A copy of the
 * directory has copies of them. Overlays that are not kept refuse them.
 *
 * <p>Design note: no activity log that would keep the superset small after a crash, because the first write to a
 * region would have to wait for a sync, and what is not ABSENT is what the client has written since its last
 * snapshot.
 *
 * <h2>What is durable when a command is answered</h2>
 * <table>
 * <caption>Commands</caption>
 * <tr><td>write, page not PRESENT</td><td>nothing; a crash leaves the old page or the new one</td></tr>
 * <tr><td>write, page PRESENT</td><td>nothing; a crash leaves old and new sectors</td></tr>
 * <tr><td>zero, trim</td><td>nothing; a crash leaves the old page or zeros. No data is touched</td></tr>
 * <tr><td>zero without hole</td><td>disk space is taken; otherwise as a write</td></tr>
 * <tr><td>flush, and any command with FUA</td><td>all that was answered before, on any connection</td></tr>
 * </table>
 *
 * <h2>Failures</h2>
 * A full disk refuses the write that needs more of it, and changes no state. Anything else that fails a write, a sync,
 * the journal or a slot fails the overlay for good; see {@code Health} and {@code FailureMark}.
 *
 * <p>A quota bounds the pages that are PRESENT. They are counted with every change of state, and again from the states
 * when the overlay is opened; what became ZERO no longer counts, even while its space is not given back yet. A write
 * that would exceed the quota is refused as on a full disk, before it has changed anything.
 *
 * <h2>Design notes</h2>
 * Design note: data in place with a journal of states, not a log, because reads then cost a bit test and one read at
 * the same offset, nothing is ever collected, and a client that lives for years has no fragments.
 *
 * <p>Design note: the journal is written with zeros one step (1 MiB) ahead of its use and not all at once, and not
 * before the first commit, because two hundred clients may switch on together and most of them hardly write; a client
 * that never flushes costs a few KiB. Such a sync is the cheapest there is; one into blocks that are only allocated
 * costs twice as much.
 *
 * <p>Design note: pages that are not PRESENT are written in pieces of 32 KiB, because a file system with large folios
 * (ext4 has them in Linux 6.18) makes one as long as the write that brings it into the page cache, and goes through
 * all blocks of the folio whenever one of them is written again. There, a page that is overwritten costs 1.9 us in
 * folios of 4 KiB, 2.4 in 16, 3.1 in 32 and 3.8 in 64, while 128 KiB that follow each other cost 31, 18, 17 and 17.
 * A client with 32 random writes in flight had 1.27 times as many in folios of 32 KiB as in those of 64, in order 0.96.
 * What is PRESENT is written in one call: in the page cache, its folios are as they are.
 *
 * <p>Design note: there is no reserve on the file system. The space a commit can need is taken before: slots have room
 * for all regions with states ({@code MapSlots}), journal space counts only once it is written ({@code Journal}), and
 * without journal a commit is a checkpoint. So a full disk slows commits down and never fails one. Copy-on-write file
 * systems need space for any write; there, a commit on a full disk fails the overlay.
 *
 * <p>Design note: holes are punched only for runs of 1 MiB and more, after the commit, by the thread that writes, which
 * looks again at the state right before ({@code HolePuncher}). What is pending at close keeps its space until it is
 * written again.
 *
 * <p>Design note: an owner epoch is in meta, in each record and in each slot, because an overlay is handed from one
 * daemon to the next, and what an older owner still appends must not be believed. The lock on meta keeps two owners
 * apart; the epoch is for a lock that was lost. Who becomes owner writes down, with its epoch, the seq up to which it
 * took records over, because an overlay that was closed gets no checkpoint when it is opened, and the record that comes
 * late would be the next in the chain.
 */
package io.varve.daemon.overlay;
