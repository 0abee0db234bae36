package io.varve.nbd.negotiate;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiator.Outcome;

/** INFO: what GO would answer, without opening anything. Immutable. */
final class InfoOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        final ExportRequest request = ExportRequest.parse(data);
        final ExportInfo info = haggling.describe(request.name());
        request.answer(haggling.output(), info, haggling.transmissionFlags(request.name(), info));
        return Outcome.CONTINUE;
    }
}
