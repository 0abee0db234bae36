package io.varve.nbd.negotiate;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.negotiate.Negotiator.Outcome;

/** LIST_META_CONTEXT: the contexts that an export offers, as far as they match a query. Immutable. */
final class ListMetaContextOption implements Option {

    /** LIST selects nothing, so there is no id to know a context by (proto.md, "NBD_REP_META_CONTEXT"). */
    private static final int NO_ID = 0;

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        final MetaContextRequest request = MetaContextRequest.parse(data, haggling.limits());
        final ExportInfo info = haggling.describe(request.name());
        for (final String contextName : info.metaContexts()) {
            if (request.covers(contextName)) {
                haggling.output().metaContext(NO_ID, contextName);
            }
        }
        haggling.output().ack();
        return Outcome.CONTINUE;
    }
}
