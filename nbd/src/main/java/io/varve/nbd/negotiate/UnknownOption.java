package io.varve.nbd.negotiate;

import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.NbdProtocol;

/** Every option that this server does not know. Immutable. */
final class UnknownOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        return answerOversized(haggling);
    }

    @Override
    public Outcome answerOversized(Haggling haggling) throws OptionRefused {
        throw new OptionRefused(NbdProtocol.REP_ERR_UNSUP, "this server does not have that option");
    }
}
