/**
 * Transmission: requests are validated once, at the edge, and answered through slots of one transmit buffer.
 */
package io.varve.nbd.session;
