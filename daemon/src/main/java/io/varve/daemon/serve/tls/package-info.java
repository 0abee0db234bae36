/**
 * TLS for one connection at a time, without sockets: records in, plain bytes out, and the other way.
 *
 * <pre>
 *   files ──> Reloaded ──> SecureChannels.open() ──> SecureChannel ──┬── EngineChannel  certificates, by the JDK
 *             (when they changed)                                    ├── PskChannel     pre-shared keys
 *                                                                    └── EitherChannel  one of both, as soon as the
 *                                                                                       ClientHello is there
 * </pre>
 *
 * <p>Nothing here is loaded before a listener with TLS opens.
 *
 * <p>Design note: channels work on arrays of the caller, because both libraries copy what is off the heap into arrays
 * of their own before they encrypt it, and the instructions of the processor for AES are reached from arrays.
 *
 * <p>Design note: a listener may have certificates and pre-shared keys at once. No library does both, so the
 * ClientHello is looked at, without being consumed, and given to the one that can answer it: to the one for keys if it
 * offers a cipher suite of TLS 1.2 with keys, or names a user of the file; else to the one for certificates. A wrong
 * guess costs the client its handshake, and opens nothing.
 *
 * <p>Design note: a server certificate that has expired is refused at the start, as qemu-nbd does, because every client
 * would refuse it later and the reason would be looked for in the network. One that expires while the daemon runs stays
 * in use. Of several authorities the expired ones are left out, because bundles live longer than their parts.
 *
 * <p>Design note: a TLS 1.2 client that wants to negotiate anew is refused, because a signature on the agent's thread
 * would stall every client of the agent.
 */
package io.varve.daemon.serve.tls;
