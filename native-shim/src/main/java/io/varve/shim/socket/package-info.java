/**
 * Sockets, epoll and wake-ups.
 *
 * <pre>
 *   Listener --accept--> Connection --fd()--> NativeSocket.recv / send / writev
 *       \                   |                          (raw numbers, no allocation)
 *        \-----fd()-----> Epoll <-----fd()-- WakeUp <-- other threads
 * </pre>
 *
 * <p>Design note: objects own descriptors, calls take numbers. The kernel gives a closed descriptor's number to the
 * next file or connection at once, and a call on the old number reads a stranger's bytes. So each object has one owner
 * who closes it after it left its {@link io.varve.shim.socket.Epoll}, refuses its number afterwards, and nobody keeps
 * a number across calls.
 *
 * <p>Design note: a blocked socket is a return value and not an exception, because it happens at every turn.
 *
 * <p>Design note: jnr-unixsocket makes, binds, accepts and connects unix sockets, and its channel closes them; its own
 * reads and writes are not used, because they go to a closed channel's number.
 */
package io.varve.shim.socket;
