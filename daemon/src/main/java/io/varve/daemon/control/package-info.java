/**
 * The control socket: what a running daemon tells, and is told.
 *
 * <pre>
 * {"ask":"status"}\n                          -> at most 4 KiB
 * {"ok":true,"answer":{...}}\n                <- at most 16 MiB
 * {"ok":false,"error":"what: what to do"}\n
 * </pre>
 *
 * <p>A connection may ask any number of questions, one after the other; the next one is sent after the answer to the
 * last. The socket is {@code control.sock} in the store, for the user that runs the daemon alone (mode 0600).
 *
 * <p>Design note: one thread polls all connections instead of one thread a connection, because answers are short and
 * rare, a connection that stalls must hold up nobody, and a channel of jnr-unixsocket may only be closed by the thread
 * that reads it.
 */
package io.varve.daemon.control;
