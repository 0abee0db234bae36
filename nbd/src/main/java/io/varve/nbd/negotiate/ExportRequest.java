package io.varve.nbd.negotiate;

import static io.varve.nbd.wire.NbdProtocol.INFO_BLOCK_SIZE;
import static io.varve.nbd.wire.NbdProtocol.INFO_DESCRIPTION;
import static io.varve.nbd.wire.NbdProtocol.INFO_NAME;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.wire.NbdProtocol;
import java.util.HashSet;
import java.util.Set;

/**
 * The data of INFO and of GO, and the answer that the two have in common (proto.md, "NBD_OPT_INFO and NBD_OPT_GO").
 *
 * <pre>
 *   0             4                  n         n+2
 *   +-------------+----------....----+---------+---------+----
 *   | name length | name             | count   | type    | ...    each type u16
 *   +-------------+----------....----+---------+---------+----
 * </pre>
 *
 * @param name      as sent
 * @param infoTypes that were asked for, known or not
 *
 * <p>Immutable.
 */
record ExportRequest(String name, Set<Integer> infoTypes) {

    private static final int MINIMUM_BLOCK_SIZE = 1;

    static ExportRequest parse(OptionData data) throws OptionRefused {
        final String name = data.takeString("export name");
        final int count = data.takeUnsignedShort("number of information requests");
        if (data.remaining() != count * Short.BYTES) {
            throw OptionRefused.invalid(count + " information requests in " + data.remaining() + " bytes");
        }
        final Set<Integer> infoTypes = new HashSet<>();
        for (int i = 0; i < count; i++) {
            infoTypes.add(data.takeUnsignedShort("information request"));
        }
        return new ExportRequest(name, infoTypes);
    }

    /** Each type at most once, and only what was asked for, but for the size, which nobody can do without. */
    void answer(HandshakeOutput output, ExportInfo info, int transmissionFlags) {
        output.infoExport(info.size(), transmissionFlags);
        if (infoTypes.contains(INFO_NAME)) {
            output.infoName(info.name());
        }
        if (infoTypes.contains(INFO_DESCRIPTION) && !info.description().isEmpty()) {
            output.infoDescription(info.description());
        }
        if (infoTypes.contains(INFO_BLOCK_SIZE)) {
            output.infoBlockSize(MINIMUM_BLOCK_SIZE, info.preferredBlockSize(), NbdProtocol.MAX_PAYLOAD_LENGTH);
        }
        output.ack();
    }
}
