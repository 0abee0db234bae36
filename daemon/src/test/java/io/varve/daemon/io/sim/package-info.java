/**
 * A disk in memory that forgets.
 *
 * <p>{@link io.varve.daemon.io.sim.SimFileSpace} stands in for the file system wherever code takes a {@link
 * io.varve.daemon.io.FileSpace}. It keeps apart what was synced and what was only written, and from both makes the
 * states in which a power cut may leave a disk:
 *
 * <ul>
 *   <li>everything that a sync covered is there;
 *   <li>of what was written since, any part is: each write, or each sector of 512 or page of 4096 bytes of it, was kept
 *       or lost by itself, also when a later write to another place was kept;
 *   <li>size, name and content are independent: a file may have its new size and its old bytes, a new name may be
 *       missing though the file was synced, until its directory was;
 *   <li>a sync that failed leaves its writes in that state for good: later syncs do not cover them.
 * </ul>
 *
 * Which of the states is made, a {@link io.varve.daemon.io.sim.Chooser} decides: all in turn, or by a seed. Failing,
 * short and refused calls come from a {@link io.varve.daemon.io.sim.SimHook}, which sees every call that changes
 * something before it takes effect, and may also run what another thread would do at that moment.
 *
 * <p>Design note: files are maps of pages that are replaced and never changed, because a test that tries each crash
 * point of each workload copies disks far more often than it writes to them.
 */
package io.varve.daemon.io.sim;
