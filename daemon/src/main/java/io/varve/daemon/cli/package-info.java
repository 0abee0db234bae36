/** The command line, one class per command. */
package io.varve.daemon.cli;
