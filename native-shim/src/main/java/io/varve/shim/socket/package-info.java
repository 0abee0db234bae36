/** Sockets, epoll and wake-ups on raw descriptors. */
package io.varve.shim.socket;
