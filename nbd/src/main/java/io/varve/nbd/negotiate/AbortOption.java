package io.varve.nbd.negotiate;

import io.varve.nbd.negotiate.Negotiator.Outcome;

/** ABORT: acknowledged whatever came with it, then the connection ends. Immutable. */
final class AbortOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) {
        return answerOversized(haggling);
    }

    @Override
    public Outcome answerOversized(Haggling haggling) {
        haggling.output().ack();
        return Outcome.CLOSE;
    }
}
