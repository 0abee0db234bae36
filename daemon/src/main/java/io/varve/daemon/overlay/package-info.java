/** The overlay and its journal: format, crash argument, recovery. */
package io.varve.daemon.overlay;
