package io.varve.nbd.negotiate;

import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.NbdProtocol;

/** Every option that must wait until the connection is encrypted, also those that this server lacks. Immutable. */
final class TlsRequiredOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        return answerOversized(haggling);
    }

    @Override
    public Outcome answerOversized(Haggling haggling) throws OptionRefused {
        throw new OptionRefused(NbdProtocol.REP_ERR_TLS_REQD, "this server wants TLS; begin with STARTTLS");
    }
}
