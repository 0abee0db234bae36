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
 * <p>Three styles of messages, as agreed on in the handshake:
 * <pre>
 *              requests             READ                    BLOCK_STATUS       others, errors
 *   SIMPLE     compact, 32 bits     one reply               EINVAL             simple reply
 *   STRUCTURED compact, 32 bits     data and hole chunks    BLOCK_STATUS       chunk; errors with a text
 *   EXTENDED   extended, 64 bits    data and hole chunks    BLOCK_STATUS_EXT   chunk; errors with a text
 * </pre>
 * With extended headers a payload follows where PAYLOAD_LEN says so: BLOCK_STATUS may name its contexts in it, other
 * commands are refused and their payload is skipped. A WRITE is followed by its data with or without the flag: the
 * protocol demands the flag, but QEMU (seen with 10.0) never sets it, and would lose its connection. In each
 * style a payload of more than 32 MiB is skipped and the request refused; one of 4 GiB or more, which only extended
 * headers can announce, ends the connection.
 *
 * <p>When the server stops, requests are answered with ESHUTDOWN until those in flight are done ({@code drain}), also
 * those that wait for memory: a refusal needs none, and nobody else would answer them before the connection is closed.
 *
 * <p>Design note: holes are written while the payload is filled, and what follows a hole is filled in right behind
 * the hole's chunk, because then a mixed READ costs no copy and no zeroing. It needs whoever fills it to go from front
 * to back, which a run loop does anyway. Holes are at least 4 KiB, and at most 32 a reply, because a client handles
 * chunks one by one.
 *
 * <p>Design note: texts of errors are constants, because a client that sends nothing but bad requests must not make
 * the server allocate.
 *
 * <p>Design note: a parked reply leaves the batch, because a batch is sent in order and a cold read must not hold up
 * the replies behind it. NBD allows any order (proto.md, "Ordering of messages and writes").
 */
package io.varve.nbd.session;
