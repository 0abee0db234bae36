package io.varve.nbd.client;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.varve.nbd.export.ExportDirectory.Listing;
import io.varve.nbd.wire.ExportSizeFlyweight;
import io.varve.nbd.wire.GreetingFlyweight;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The client's side of a handshake, option by option, for those who want to look before they connect;
 * {@link NbdClient#connect} does the usual ones.
 *
 * <p>Every call waits for the server. A refused option is a {@link NegotiationException} and the handshake goes on;
 * after any other exception it is over. {@link #go} and {@link #exportName} hand the connection to the client they
 * return.
 *
 * <p>Owned by the thread that uses it.
 */
public final class NbdHandshake implements AutoCloseable {

    private static final int CLIENT_FLAGS = NbdProtocol.FLAG_C_FIXED_NEWSTYLE | NbdProtocol.FLAG_C_NO_ZEROES;

    private final ServerConnection connection;
    private final int exportNamePadding;
    private ReplyStyle replyStyle = ReplyStyle.SIMPLE;
    private List<MetaContext> contexts = List.of();
    private String contextsExport = "";

    /** @param channel in blocking mode; closed by this object or its client from now on */
    public NbdHandshake(ByteChannel channel) throws IOException {
        this(channel, channel);
    }

    /** Both channels in blocking mode; closed by this object or its client from now on, also if this fails. */
    public NbdHandshake(ReadableByteChannel in, WritableByteChannel out) throws IOException {
        this.connection = new ServerConnection(in, out);
        try {
            exportNamePadding = greet();
        } catch (final IOException e) {
            connection.close();
            throw e;
        }
    }

    /** What the server is willing to name, in its order. */
    public List<Listing> list() throws IOException {
        final List<Listing> listings = new ArrayList<>();
        OptionExchange.run(connection, NbdProtocol.OPT_LIST, new OptionWriter(), (type, data) -> {
            if (type != NbdProtocol.REP_SERVER) {
                throw OptionExchange.unexpected(NbdProtocol.OPT_LIST, type);
            }
            final String name = data.takeString(data.takeUnsignedInt("length of the name"), "export name");
            listings.add(new Listing(name, data.takeString(data.remaining(), "description")));
        });
        return listings;
    }

    /** Asks for structured replies, which hold from now on. */
    public void requestStructuredReplies() throws IOException {
        OptionExchange.run(connection, NbdProtocol.OPT_STRUCTURED_REPLY, new OptionWriter());
        replyStyle = ReplyStyle.STRUCTURED;
    }

    /** Asks for extended headers, which hold from now on. */
    public void requestExtendedHeaders() throws IOException {
        OptionExchange.run(connection, NbdProtocol.OPT_EXTENDED_HEADERS, new OptionWriter());
        replyStyle = ReplyStyle.EXTENDED;
    }

    /** @param queries such as {@code base:}; none means all contexts */
    public List<MetaContext> listMetaContexts(String exportName, List<String> queries) throws IOException {
        return metaContexts(NbdProtocol.OPT_LIST_META_CONTEXT, exportName, queries);
    }

    /** Selects contexts for a later {@link #go} to the same export; replaces what was selected before. */
    public List<MetaContext> setMetaContexts(String exportName, List<String> queries) throws IOException {
        contexts = List.of();
        final List<MetaContext> selected = metaContexts(NbdProtocol.OPT_SET_META_CONTEXT, exportName, queries);
        final Set<Integer> wireIds = new HashSet<>();
        for (final MetaContext context : selected) {
            if (!wireIds.add(context.wireId())) {
                throw new ProtocolException("two contexts have the id " + context.wireId());
            }
        }
        contexts = List.copyOf(selected);
        contextsExport = exportName;
        return contexts;
    }

    /** Looks at an export without using it. */
    public ServerExport info(String exportName) throws IOException {
        return describe(NbdProtocol.OPT_INFO, exportName);
    }

    /** Enters transmission. The client owns the connection. */
    public NbdClient go(String exportName) throws IOException {
        final ServerExport export = describe(NbdProtocol.OPT_GO, exportName);
        return new NbdClient(connection, export, replyStyle, contextsFor(exportName));
    }

    /** Enters transmission the old way, which cannot be refused: a server that does not want to closes. */
    public NbdClient exportName(String exportName) throws IOException {
        connection.send(new OptionWriter().putText(exportName).finish(NbdProtocol.OPT_EXPORT_NAME));
        connection.flush();
        final String what = "the answer to EXPORT_NAME";
        final ExportSizeFlyweight answer =
                new ExportSizeFlyweight().wrap(connection.receive(ExportSizeFlyweight.LENGTH, what), 0);
        connection.receive(exportNamePadding, what);
        final ServerExport export = new ServerExport(
                        exportName, "", answer.size(), answer.transmissionFlags(), BlockSizes.DEFAULT)
                .verify(replyStyle);
        return new NbdClient(connection, export, replyStyle, contextsFor(exportName));
    }

    /** Takes leave, and closes. Servers that close without an answer are common, and are no failure. */
    public void abort() throws IOException {
        try {
            OptionExchange.run(connection, NbdProtocol.OPT_ABORT, new OptionWriter());
        } catch (final NegotiationException | ProtocolException e) {
            throw e;
        } catch (final IOException e) {
            // The end of the connection is what was asked for.
        } finally {
            close();
        }
    }

    /** Closes the connection without a word, also that of a client that {@link #go} returned. */
    @Override
    public void close() throws IOException {
        connection.close();
    }

    private int greet() throws IOException {
        final GreetingFlyweight greeting =
                new GreetingFlyweight().wrap(connection.receive(GreetingFlyweight.LENGTH, "the greeting"), 0);
        if (!greeting.hasMagic()) {
            throw new ProtocolException("this is not an NBD server");
        }
        if (!greeting.isNewstyle() || (greeting.flags() & NbdProtocol.FLAG_FIXED_NEWSTYLE) == 0) {
            throw new ProtocolException("the server does not speak fixed newstyle");
        }
        final int flags = CLIENT_FLAGS & greeting.flags();
        final byte[] answer = new byte[GreetingFlyweight.CLIENT_FLAGS_LENGTH];
        new UnsafeBuffer(answer).putInt(0, flags, BIG_ENDIAN);
        connection.send(answer);
        connection.flush();
        return (flags & NbdProtocol.FLAG_C_NO_ZEROES) != 0 ? 0 : NbdProtocol.EXPORT_NAME_PADDING;
    }

    private List<MetaContext> metaContexts(int option, String exportName, List<String> queries) throws IOException {
        final List<MetaContext> found = new ArrayList<>();
        final OptionWriter request = new OptionWriter().putString(exportName).putStrings(queries);
        OptionExchange.run(connection, option, request, (type, data) -> {
            if (type != NbdProtocol.REP_META_CONTEXT) {
                throw OptionExchange.unexpected(option, type);
            }
            final int wireId = data.takeInt("context id");
            found.add(new MetaContext(wireId, data.takeString(data.remaining(), "context name")));
        });
        return found;
    }

    private ServerExport describe(int option, String exportName) throws IOException {
        final OptionWriter request =
                new OptionWriter().putString(exportName).putShort(InfoReplies.REQUESTED.length);
        for (final int infoType : InfoReplies.REQUESTED) {
            request.putShort(infoType);
        }
        final InfoReplies replies = new InfoReplies(option, exportName);
        OptionExchange.run(connection, option, request, replies);
        return replies.export(replyStyle);
    }

    private List<MetaContext> contextsFor(String exportName) {
        return exportName.equals(contextsExport) ? contexts : List.of();
    }
}
