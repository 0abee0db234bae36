/**
 * The handshake: a state machine that takes bytes and gives bytes, and ends with {@code Negotiated} or a closed
 * connection. One class per option.
 *
 * <pre>
 *   greeting --> CLIENT_FLAGS --> OPTION_HEADER <----------------------------+
 *                     |             |       |                                |
 *                     |             |       +--> OPTION_DATA ------------> answer --> NEGOTIATED
 *                     |             |       +--> OVERSIZED_OPTION_DATA --> answer        |
 *                     v             v                                        v           v
 *                   CLOSE         CLOSE                                    CLOSE     unread bytes
 * </pre>
 *
 * <p>Design note: each state says how many bytes it waits for, and nothing happens before they are there, because
 * then a handshake that arrives byte by byte and one that arrives in one segment are the same to every option.
 *
 * <p>Design note: an option that the client cannot have is a thrown {@code OptionRefused} and becomes an error reply
 * in one place, because then no option can answer twice, or not at all.
 *
 * <p>Design note: option data beyond a limit is skipped and refused rather than a reason to close, up to a length
 * that no honest client sends, because a client that asks for too much can still be served after the refusal.
 *
 * <p>Design note: after STARTTLS everything that was agreed on is forgotten by starting with a new {@code Haggling},
 * because a man in the middle could have sent all of it. Plain bytes behind STARTTLS end the connection for the same
 * reason. STARTTLS is unknown to a listener without TLS, and every option but ABORT waits for it where TLS is a must.
 *
 * <p>Design note: when the server stops, every option but ABORT is refused with ERR_SHUTDOWN before it is looked at,
 * because a refusal tells the client to try elsewhere, and a closed connection tells it nothing.
 *
 * <p>Source: {@code doc/proto.md} of the NetworkBlockDevice project, "Fixed newstyle negotiation".
 */
package io.varve.nbd.negotiate;
