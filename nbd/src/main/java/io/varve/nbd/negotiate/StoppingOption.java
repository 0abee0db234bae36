package io.varve.nbd.negotiate;

import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.NbdProtocol;

/** Every option but ABORT, once the server has begun to stop. Immutable. */
final class StoppingOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        return answerOversized(haggling);
    }

    @Override
    public Outcome answerOversized(Haggling haggling) throws OptionRefused {
        throw new OptionRefused(NbdProtocol.REP_ERR_SHUTDOWN, "this server is stopping");
    }
}
