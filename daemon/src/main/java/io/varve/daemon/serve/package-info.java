/**
 * Listeners, the handshake agent and the connection agents: sockets to sessions. Knows exports, never images.
 *
 * <pre>
 *   Listener ──accept──> HandshakeAgent ──bytes──> worker: Negotiator, ExportDirectory (may block)
 *                              │  negotiated: agents[ownerKey mod n]
 *                              v
 *                        ConnectionAgent: epoll ──> recv ──> Session ──> Export ──> send
 *                              ^
 *                              └── tasks posted by workers (parked requests go on here)
 * </pre>
 *
 * <p>With TLS, workers also drive its handshake ({@link io.varve.daemon.serve.SecureHandshake}), because a signature
 * takes milliseconds; the agent then encrypts and decrypts ({@link io.varve.daemon.serve.SecureTransport}), between the
 * socket and the session. A connection without TLS has a null there, and pays one comparison per call.
 *
 * <p>Invariants: a socket has one owner at a time, and only the owner closes it, after it has taken the descriptor out
 * of its epoll set (a descriptor number is reused at once, so a late read through an old object would take another
 * client's bytes). All connections whose exports share an owner key are on one agent.
 *
 * <p>Design note: handshakes have an agent of their own, and their thinking is done by workers, because opening an
 * export reads disks; running clients must not feel it. All threads of handshakes have a lower priority than agents: on
 * a machine with few processors a storm of connections otherwise takes whole time slices from those who are served.
 *
 * <p>Design note: an agent spins for a short time after work before it sleeps. With one request in flight, waking up a
 * thread costs more than the request.
 *
 * <p>Design note: with one busy client, an agent holds replies back for some microseconds while the client still has
 * others to read ({@link io.varve.daemon.serve.Gathering}). With several, requests gather while the others are served.
 *
 * <p>Design note: limits ({@link io.varve.daemon.serve.Limits}) are looked at where connections are made and once a
 * second, never per request; the one exception, the memory of all connections, is a read of a number that seldom
 * changes. When memory is short, connections that hold some and move nothing pay for it, not the others.
 */
package io.varve.daemon.serve;
