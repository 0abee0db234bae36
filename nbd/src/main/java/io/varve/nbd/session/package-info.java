/**
 * Transmission: requests are validated once, at the edge, and answered through slots of one transmit buffer.
 *
 * <pre>
 *   socket ──> shared receive buffer ──> RequestValidator ──> Export
 *                 │ part of a request                           │ inline reply      │ parked reply
 *                 v                                             v                   v
 *              carry (slot of the pool)        batch of the TransmitQueue      its own slot, then batch or segment
 *                                                               │
 *   socket <──────────────── one send per pass ─────────────────┘
 * </pre>
 *
 * <p>Invariants: a request is answered exactly once; while a request is answered inline, nobody else builds in the
 * batch; a session holds memory only for what is unread, parked or unsent, and stops taking requests when that is too
 * much; after a violation of the protocol nothing more is sent.
 *
 * <p>Design note: READ payloads are read into the batch, behind the room for their header, because the batch is what is
 * sent: a warm 4 KiB read is copied once by preadv2 and once by send, and by nothing in between.
 *
 * <p>Design note: a long pass sends every eight replies or 32 KiB, not once at its end, so that client and server need
 * not take turns. What it gains was not settled: runs with and without it on a busy machine went both ways.
 *
 * <p>Design note: a parked reply leaves the batch, because a batch is sent in order and a cold read must not hold up
 * the replies behind it. NBD allows any order (proto.md, "Ordering of messages and writes").
 */
package io.varve.nbd.session;
