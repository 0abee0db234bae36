package io.varve.nbd.negotiate;

import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.ReplyStyle;

/** EXTENDED_HEADERS: 64-bit lengths from now on, and all replies in chunks; cannot be undone. Immutable. */
final class ExtendedHeadersOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        data.demandEnd();
        haggling.replyStyle(ReplyStyle.EXTENDED);
        haggling.output().ack();
        return Outcome.CONTINUE;
    }
}
