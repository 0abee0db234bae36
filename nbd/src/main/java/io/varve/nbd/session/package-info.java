/**
 * Transmission: requests are validated once, at the edge, and answered through slots of one transmit buffer.
 *
 * <pre>
 *   socket ──> shared receive buffer ──> RequestValidator ──> Export
 *                 │ part of a request                           │ inline reply      │ parked reply
 *                 v                                             v                   v
 *              carry (slot of the pool)        batch of the TransmitQueue      its own slot, then batch or segment
 *                                                               │
 *   socket <──────────────── one send per turn ─────────────────┘
 * </pre>
 *
 * <p>Invariants: a request is answered exactly once; while a request is answered inline, nobody else builds in the
 * batch; a session holds memory only for what is unread, parked or unsent, and stops taking requests when that is too
 * much; after a violation of the protocol nothing more is sent.
 *
 * <p>Design note: READ payloads are read into the batch, behind the room for their header, because the batch is what is
 * sent: a warm 4 KiB read is copied once by preadv2 and once by send, and by nothing in between.
 *
 * <p>Design note: when many replies collect, they leave every eight or 32 KiB, so that the client can start on the
 * first while we work on the rest. When a pass ends, and whether its replies wait for more, the owner decides.
 *
 * <p>Design note: a parked reply leaves the batch, because a batch is sent in order and a cold read must not hold up
 * the replies behind it. NBD allows any order (proto.md, "Ordering of messages and writes").
 */
package io.varve.nbd.session;
