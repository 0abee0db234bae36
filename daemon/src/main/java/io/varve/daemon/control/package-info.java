/** The control socket: what a running daemon tells, and is told. */
package io.varve.daemon.control;
