/**
 * TLS for one connection at a time, without sockets: records in, plain bytes out, and the other way.
 *
 * <pre>
 *   files ──> Reloaded ──> SecureChannels.open() ──> SecureChannel ──┬── EngineChannel  certificates, by the JDK
 *             (when they changed)                                    └── PskChannel     pre-shared keys
 * </pre>
 *
 * <p>Nothing here is loaded before a listener with TLS opens.
 *
 * <p>Design note: channels work on arrays of the caller, because both libraries copy what is off the heap into arrays
 * of their own before they encrypt it, and the instructions of the processor for AES are reached from arrays.
 *
 * <p>Design note: a TLS 1.2 client that wants to negotiate anew is refused, because a signature on the agent's thread
 * would stall every client of the agent.
 */
package io.varve.daemon.serve.tls;
