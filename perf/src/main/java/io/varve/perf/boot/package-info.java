/**
 * Replays recorded boots against a served image, and tells how long clients waited.
 *
 * <pre>
 *   BootTrace    reads of a real boot with the think times between them, from a table of block operations
 *   BootImage    a raw file in which every page that the trace reads can be told from every other
 *   TracePlayer  one client: think, read, check, note how long the read took
 *   Played       what became of one client
 * </pre>
 *
 * <p>Trace: lines of five columns, separated by tabs: microseconds since the start, operation (read, write, flush),
 * byte offset, byte length, microseconds that it took; lines that begin with # are for people. Writes and flushes are
 * not replayed: they go to the client's overlay and not to the image.
 *
 * <p>Design note: a think time is what lay between the end of one read and the start of the next, and is kept whatever
 * the server does, because a guest computes as long on its data when they come late. Reads that were under way
 * together are played one behind the other without a pause.
 */
package io.varve.perf.boot;
