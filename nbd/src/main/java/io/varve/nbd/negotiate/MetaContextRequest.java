package io.varve.nbd.negotiate;

import io.varve.nbd.wire.NbdProtocol;
import java.util.ArrayList;
import java.util.List;

/**
 * The data of LIST_META_CONTEXT and of SET_META_CONTEXT (proto.md, "Metadata querying").
 *
 * <pre>
 *   0             4              n       n+4            n+8
 *   +-------------+------....----+-------+--------------+-------....---+----
 *   | name length | export name  | count | query length | query        | ...
 *   +-------------+------....----+-------+--------------+-------....---+----
 * </pre>
 *
 * @param name    of the export, as sent
 * @param queries such as {@code base:} or {@code base:allocation}; anything else as well
 *
 * <p>Immutable.
 */
record MetaContextRequest(String name, List<String> queries) {

    static MetaContextRequest parse(OptionData data, NegotiationLimits limits) throws OptionRefused {
        final String name = data.takeString("export name");
        final long count = data.takeUnsignedInt("number of queries");
        if (count > data.remaining() / Integer.BYTES) {
            throw OptionRefused.invalid(count + " queries in " + data.remaining() + " bytes");
        }
        if (count > limits.queryCount()) {
            throw new OptionRefused(
                    NbdProtocol.REP_ERR_TOO_BIG, count + " queries are more than " + limits.queryCount());
        }
        final List<String> queries = new ArrayList<>((int) count);
        for (int i = 0; i < count; i++) {
            queries.add(data.takeString("query"));
        }
        data.demandEnd();
        return new MetaContextRequest(name, queries);
    }

    boolean names(String contextName) {
        return queries.contains(contextName);
    }

    /**
     * For LIST alone: also all that begins so, up to a colon ({@code base:}, {@code qemu:dirty-bitmap:}), or no query
     * at all.
     */
    boolean covers(String contextName) {
        return queries.isEmpty() || names(contextName)
                || queries.stream().anyMatch(query -> query.endsWith(":") && contextName.startsWith(query));
    }
}
