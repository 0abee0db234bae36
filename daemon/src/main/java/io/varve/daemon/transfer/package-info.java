/** Import jobs: files of people's own formats into layers, with progress. */
package io.varve.daemon.transfer;
