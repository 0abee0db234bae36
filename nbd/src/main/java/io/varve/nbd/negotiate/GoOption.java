package io.varve.nbd.negotiate;

import io.varve.nbd.negotiate.Negotiator.Outcome;

/** GO: opens the export; behind its ACK transmission begins. Immutable. */
final class GoOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        final ExportRequest request = ExportRequest.parse(data);
        final Negotiated negotiated = haggling.open(request.name());
        request.answer(haggling.output(), negotiated.info(), negotiated.transmissionFlags());
        return Outcome.NEGOTIATED;
    }
}
