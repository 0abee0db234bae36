package io.varve.nbd.negotiate;

import io.varve.nbd.negotiate.Negotiator.Outcome;

/** STARTTLS: acknowledged in plain text, once; what follows is for TLS. Immutable. */
final class StartTlsOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        if (haggling.isSecure()) {
            throw OptionRefused.invalid("the connection is encrypted already");
        }
        data.demandEnd();
        haggling.output().ack();
        return Outcome.START_TLS;
    }

    @Override
    public Outcome answerOversized(Haggling haggling) throws OptionRefused {
        throw OptionRefused.invalid("STARTTLS has no data");
    }
}
