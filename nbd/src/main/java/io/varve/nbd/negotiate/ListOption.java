package io.varve.nbd.negotiate;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.nbd.export.ExportDirectory.Listing;
import io.varve.nbd.negotiate.Negotiator.Outcome;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.OptionReplyFlyweight;
import io.varve.nbd.wire.WireString;
import java.util.ArrayList;
import java.util.List;

/** LIST: one REP_SERVER for each export of the directory. Immutable. */
final class ListOption implements Option {

    @Override
    public Outcome answer(Haggling haggling, OptionData data) throws OptionRefused {
        data.demandEnd();
        final List<Entry> entries = new ArrayList<>();
        long replyLength = OptionReplyFlyweight.HEADER_LENGTH;
        for (final Listing listing : haggling.directory().list()) {
            final Entry entry = Entry.of(listing);
            replyLength += entry.replyLength();
            if (replyLength > haggling.limits().replyLength()) {
                throw new OptionRefused(
                        NbdProtocol.REP_ERR_TOO_BIG, "too many exports for one answer; ask for one by its name");
            }
            entries.add(entry);
        }
        for (final Entry entry : entries) {
            haggling.output().server(entry.name(), entry.description());
        }
        haggling.output().ack();
        return Outcome.CONTINUE;
    }

    private record Entry(byte[] name, byte[] description) {

        static Entry of(Listing listing) {
            return new Entry(
                    listing.name().getBytes(UTF_8), WireString.encodeDisplayable(listing.description()));
        }

        int replyLength() {
            return OptionReplyFlyweight.HEADER_LENGTH + Integer.BYTES + name.length + description.length;
        }
    }
}
