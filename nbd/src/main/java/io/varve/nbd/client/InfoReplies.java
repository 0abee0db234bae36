package io.varve.nbd.client;

import io.varve.nbd.wire.BlockSizeFlyweight;
import io.varve.nbd.wire.ExportSizeFlyweight;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;

/**
 * Gathers what a server tells about an export in answer to INFO or GO.
 *
 * <p>Owned by the thread that uses the client.
 */
final class InfoReplies implements OptionExchange.ReplyHandler {

    /** Asked for; the size comes unasked. */
    static final int[] REQUESTED = {
        NbdProtocol.INFO_NAME, NbdProtocol.INFO_DESCRIPTION, NbdProtocol.INFO_BLOCK_SIZE
    };

    private final int option;
    private final ExportSizeFlyweight exportSize = new ExportSizeFlyweight();
    private boolean sized;
    private String name;
    private String description = "";
    private BlockSizes blockSizes = BlockSizes.DEFAULT;

    InfoReplies(int option, String nameAsSent) {
        this.option = option;
        this.name = nameAsSent;
    }

    @Override
    public void onReply(int type, ReplyReader data) throws ProtocolException {
        if (type != NbdProtocol.REP_INFO) {
            throw OptionExchange.unexpected(option, type);
        }
        final int infoType = data.takeUnsignedShort("information type");
        switch (infoType) {
            case NbdProtocol.INFO_EXPORT:
                exportSize.wrap(data.buffer(), data.take(ExportSizeFlyweight.LENGTH, "export information"));
                data.demandEnd("export information");
                sized = true;
                break;
            case NbdProtocol.INFO_NAME:
                name = data.takeString(data.remaining(), "canonical name");
                break;
            case NbdProtocol.INFO_DESCRIPTION:
                description = data.takeString(data.remaining(), "description");
                break;
            case NbdProtocol.INFO_BLOCK_SIZE:
                blockSizes = BlockSizes.of(new BlockSizeFlyweight()
                        .wrap(data.buffer(), data.take(BlockSizeFlyweight.LENGTH, "block sizes")));
                data.demandEnd("block sizes");
                break;
            default:
                // Later versions of the protocol may tell more.
                break;
        }
    }

    ServerExport export(ReplyStyle replyStyle) throws ProtocolException {
        if (!sized) {
            throw new ProtocolException("the server accepts export '" + name + "' but does not tell its size");
        }
        return new ServerExport(
                        name, description, exportSize.size(), exportSize.transmissionFlags(), blockSizes)
                .verify(replyStyle);
    }
}
