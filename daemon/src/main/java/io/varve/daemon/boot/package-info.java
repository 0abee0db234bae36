/** The learned boot: recorder, sequence, replayer. */
package io.varve.daemon.boot;
