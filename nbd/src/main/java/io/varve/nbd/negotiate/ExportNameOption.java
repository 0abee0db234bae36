package io.varve.nbd.negotiate;

import io.varve.nbd.negotiate.Negotiator.Outcome;

/**
 * EXPORT_NAME, from the days before options had replies: the data is the name; the answer is size and flags, or a
 * closed connection.
 *
 * <p>Immutable.
 */
final class ExportNameOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) {
        final Negotiated negotiated;
        try {
            negotiated = haggling.open(data.takeString(data.remaining(), "export name"));
        } catch (final OptionRefused e) {
            return Outcome.CLOSE;
        }
        haggling.output().exportNameAnswer(
                negotiated.info().size(), negotiated.transmissionFlags(), haggling.exportNamePadding());
        return Outcome.NEGOTIATED;
    }

    @Override
    public Outcome answerOversized(Haggling haggling) {
        return Outcome.CLOSE;
    }
}
