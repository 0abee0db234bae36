package io.varve.nbd.negotiate;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.ReplyStyle;
import java.util.List;
import java.util.stream.Collectors;

/**
 * SET_META_CONTEXT: selects what BLOCK_STATUS will answer for. It replaces the previous selection, also when it
 * fails, so that goes first.
 *
 * <p>Immutable.
 */
final class SetMetaContextOption implements Option {

    @Override
    public void announced(Haggling haggling) {
        haggling.contexts(ContextSelection.NONE);
    }

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        final MetaContextRequest request = MetaContextRequest.parse(data, haggling.limits());
        if (haggling.replyStyle() == ReplyStyle.SIMPLE) {
            throw OptionRefused.invalid("contexts need structured replies; ask for them first");
        }
        final ExportInfo info = haggling.describe(request.name());
        final List<String> selected =
                info.metaContexts().stream().filter(request::names).collect(Collectors.toList());
        for (int i = 0; i < selected.size(); i++) {
            haggling.output().metaContext(ContextSelection.wireId(i), selected.get(i));
        }
        haggling.output().ack();
        haggling.contexts(new ContextSelection(request.name(), info.name(), selected));
        return Outcome.CONTINUE;
    }
}
