/** One enum of counters with stable ids, in a mapped file, so that another process can read them while we run. */
package io.varve.daemon.counters;
