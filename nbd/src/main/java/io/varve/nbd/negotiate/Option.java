package io.varve.nbd.negotiate;

import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.NbdProtocol;

/**
 * One kind of option: what the server does when a client sends it. Implementations hold no state, so that one object
 * serves all connections.
 *
 * <p>Thread-safe because everything that changes is in {@link Haggling}.
 */
interface Option {

    /** The header has arrived, whatever becomes of the data. */
    default void announced(Haggling haggling) {}

    /**
     * All of the data is there. Writes the whole answer to {@link Haggling#output()}, unless it throws: then nothing
     * was written.
     */
    Outcome answer(Haggling haggling, OptionData data) throws OptionRefused;

    /** The data was longer than what is looked at, and is gone. */
    default Outcome answerOversized(Haggling haggling) throws OptionRefused {
        throw new OptionRefused(
                NbdProtocol.REP_ERR_TOO_BIG,
                "the data of an option must not be longer than " + haggling.limits().optionLength() + " bytes");
    }
}
