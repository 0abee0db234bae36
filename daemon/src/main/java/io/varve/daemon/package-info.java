/** Wiring only: the one place that sees all rooms. */
package io.varve.daemon;
