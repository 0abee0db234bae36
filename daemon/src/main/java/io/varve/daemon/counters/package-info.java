/**
 * One enum of counters with stable ids, in a mapped file, so that another process can read them while we run.
 *
 * <p>The file, little-endian, version 1:
 *
 * <pre>
 *   0                   8                  12                  16                  20             64
 *   +-------------------+-------------------+-------------------+-------------------+-------------+
 *   | magic "VARVECTR"  | version           | metadata length   | values length     | zero        |
 *   +-------------------+-------------------+-------------------+-------------------+-------------+
 *   | metadata: one record per counter, as Agrona's CountersReader draws it; the type id is       |
 *   | {@link io.varve.daemon.counters.Counter#id()}, the label its name                            |
 *   +---------------------------------------------------------------------------------------------+
 *   | values: one 128-byte record per counter, the value in the first 8 bytes                     |
 *   +---------------------------------------------------------------------------------------------+
 * </pre>
 *
 * <p>Design note: the file is a mapping although a failed write to a mapping is a signal, because counters must cost
 * an add and nothing else. Its blocks are written once before it is mapped, so the disk cannot fill up under it, and
 * the file is of no use after the process that wrote it.
 *
 * <p>Design note: nobody unmaps what the daemon counts into, because a late add from a worker would then hit memory
 * that is gone. A reader in another process has one thread and closes its view.
 */
package io.varve.daemon.counters;
