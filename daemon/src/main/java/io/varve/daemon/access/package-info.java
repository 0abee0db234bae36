/**
 * Who may use which export: rules by unix user, address, certificate and pre-shared key, as a view of an export
 * directory per client.
 *
 * <pre>
 *   AccessDirectory ──forPeer(Peer)──> PeerDirectory ──name, if a rule admits the client──> the store's directory
 * </pre>
 *
 * <p>Design note: a name that no rule admits is refused before the store is asked, and in the words that a missing
 * export gets, because a client must not learn from the answer, or from how long it takes, what others have.
 *
 * <p>Design note: the user of a pre-shared key and the name of a certificate are two kinds of names, because different
 * people hand them out: who may add a line to the file of keys must not become any certificate that a rule names. For
 * the same reason {@code @CLIENT} of an export is bound to the one or to the other, never to both.
 *
 * <p>Design note: a policy is one immutable value behind one volatile reference. A handshake asks it anew for every
 * option, so a change of the rules holds at once for whoever negotiates, and for nobody who already does I/O.
 */
package io.varve.daemon.access;
