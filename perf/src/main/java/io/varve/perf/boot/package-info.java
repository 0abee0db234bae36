/**
 * Replays recorded boots against a served image, and tells how long clients waited.
 *
 * <pre>
 *   Boot           the command: options, origins, one Course for each trace
 *   Course         all boots of one trace; Site: a store and its daemon; Room: clients that boot together
 *   BootTrace      reads of a real boot with the think times between them, from a table of block operations
 *   BootImage      a raw file in which every page that a trace reads can be told from every other
 *   BootingClient  one client: think, read, check, note how long the read took; Played: what became of it
 *   SlowOrigin     nbdkit with filters, or nginx behind a Relay that adds the delay and the rate
 *   Row            figures of one Room; BootTable prints them, Bars says what they should be
 *   IdleReads      what a client reads when it has booted
 *   GuestRecording a real system that boots, seen by nbdkit; NbdkitLog makes a trace of what nbdkit wrote down
 * </pre>
 *
 * <p>Trace: lines of five columns, separated by tabs: microseconds since the start, operation (read, write, flush),
 * byte offset, byte length, microseconds that it took; lines that begin with # are for people. Writes and flushes are
 * not replayed: they go to the client's overlay and not to the image.
 *
 * <p>Design note: a think time is what lay between the end of one read and the start of the next, and is kept whatever
 * the server does, because a guest computes as long on its data when they come late. Reads that were under way
 * together are played one behind the other without a pause.
 *
 * <p>Design note: of a profile that fits nothing at all only the first few MiB are ever read ahead, so the wrong one is
 * of a boot that shares a quarter of its places with the right one, as images of one kind do.
 *
 * <p>Design note: what a client reads behind its boot is measured behind a boot without pauses, because that of a
 * client with pauses is read ahead long before it is over.
 */
package io.varve.perf.boot;
