package io.varve.nbd.negotiate;

import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;

/** STRUCTURED_REPLY: from now on READ is answered in chunks; saying so twice changes nothing. Immutable. */
final class StructuredReplyOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        data.demandEnd();
        if (haggling.replyStyle() == ReplyStyle.EXTENDED) {
            throw new OptionRefused(
                    NbdProtocol.REP_ERR_EXT_HEADER_REQD, "extended headers were agreed on, which are more");
        }
        haggling.replyStyle(ReplyStyle.STRUCTURED);
        haggling.output().ack();
        return Outcome.CONTINUE;
    }
}
