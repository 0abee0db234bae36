package io.varve.daemon.remote;

import io.varve.daemon.io.Printable;
import io.varve.daemon.io.SourceRange;
import io.varve.daemon.remote.OriginException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A body of several ranges, {@code multipart/byteranges} (RFC 9110, 14.6; RFC 2046, 5.1.1):
 *
 * <pre>
 *   [anything CR LF]   --BOUNDARY CR LF   Content-Range: bytes 0-4095/300000 CR LF   CR LF   4096 bytes   CR LF
 *   ...                --BOUNDARY CR LF   ...
 *                      --BOUNDARY-- [CR LF anything]
 * </pre>
 *
 * <p>Design note: bytes are counted, and boundaries are looked for only where they must be, because the bytes of a disk
 * may well look like one. Lines end with CR LF, are short and few, and are not folded: what is no such body is refused,
 * and asked for range by range. A part counts as received when the boundary behind it was found where it must be.
 *
 * <p>Owned by the body, which locks.
 */
final class MultipartReader implements BodyReader {

    private static final int MAX_LINE = 512;
    /** Of what comes before the first part, and behind the last one. */
    private static final int MAX_ASIDE = 1024;
    private static final int MAX_HEADERS = 16;
    private static final int SHOWN_LENGTH = 80;

    private enum State {
        PREAMBLE,
        HEADERS,
        BYTES,
        /** The end of the line that the bytes of a part stand in. */
        BYTES_END,
        DELIMITER,
        EPILOGUE
    }

    private final String delimiter;
    private final Scatter scatter;
    private final HttpJudge judge;
    private final byte[] line = new byte[MAX_LINE];
    private int lineLength;
    private State state = State.PREAMBLE;
    private int asideLength;
    private int partCount;
    private int headerCount;
    private String contentRange;

    /** @param boundary as the head of the answer says */
    MultipartReader(String boundary, Scatter scatter, HttpJudge judge) {
        this.delimiter = "--" + boundary;
        this.scatter = scatter;
        this.judge = judge;
    }

    @Override
    public void read(ByteBuffer bytes) throws OriginException {
        while (bytes.hasRemaining()) {
            switch (state) {
                case BYTES -> {
                    scatter.place(bytes, (int) Math.min(bytes.remaining(), scatter.left()));
                    state = scatter.left() == 0 ? State.BYTES_END : State.BYTES;
                }
                case EPILOGUE -> {
                    countAside(bytes.remaining());
                    bytes.position(bytes.limit());
                }
                default -> readLine(bytes);
            }
        }
    }

    private void countAside(int length) throws OriginException {
        asideLength += length;
        if (asideLength > MAX_ASIDE) {
            throw refused("much that belongs to no part");
        }
    }

    private void readLine(ByteBuffer bytes) throws OriginException {
        byte next = bytes.get();
        if (lineLength > 0 && line[lineLength - 1] == '\r') {
            if (next != '\n') {
                throw refused("a line that does not end");
            }
            String text = new String(line, 0, lineLength - 1, StandardCharsets.ISO_8859_1);
            lineLength = 0;
            take(text);
            return;
        }
        if (next == '\n' || lineLength == MAX_LINE) {
            throw refused("a line that does not end");
        }
        line[lineLength++] = next;
    }

    private void take(String text) throws OriginException {
        switch (state) {
            case PREAMBLE -> {
                if (isDelimiter(text, delimiter)) {
                    beginPart();
                } else {
                    countAside(text.length() + 2);
                }
            }
            case HEADERS -> takeHeader(text);
            case BYTES_END -> {
                if (!text.isEmpty()) {
                    throw refused("more bytes than a part says");
                }
                state = State.DELIMITER;
            }
            default -> takeDelimiter(text);
        }
    }

    private void takeDelimiter(String text) throws OriginException {
        if (isDelimiter(text, delimiter)) {
            scatter.confirm();
            beginPart();
        } else if (isDelimiter(text, delimiter + "--")) {
            scatter.confirm();
            state = State.EPILOGUE;
        } else {
            throw refused("no boundary behind a part: " + Printable.of(text, SHOWN_LENGTH));
        }
    }

    /** Blanks behind it do not count. */
    private static boolean isDelimiter(String text, String expected) {
        return text.startsWith(expected) && text.substring(expected.length()).isBlank();
    }

    private void beginPart() throws OriginException {
        state = State.HEADERS;
        headerCount = 0;
        contentRange = null;
        if (++partCount > scatter.pieceCount()) {
            throw refused("more parts than were asked for");
        }
    }

    private void takeHeader(String text) throws OriginException {
        if (text.isEmpty()) {
            if (contentRange == null) {
                throw refused("a part that says not which bytes it is");
            }
            SourceRange span = judge.part(contentRange);
            scatter.begin(span.position(), span.end());
            state = State.BYTES;
            return;
        }
        int colon = text.indexOf(':');
        if (++headerCount > MAX_HEADERS || colon < 1 || text.charAt(0) == ' ' || text.charAt(0) == '\t') {
            throw refused("a part with headers that are none");
        }
        String value = text.substring(colon + 1).trim();
        switch (text.substring(0, colon).toLowerCase(Locale.ROOT)) {
            case "content-range" -> {
                if (contentRange != null) {
                    throw refused("a part that says twice which bytes it is");
                }
                contentRange = value;
            }
            case "content-encoding" -> {
                if (!value.equalsIgnoreCase("identity")) {
                    throw refused("the bytes in a coding, unasked");
                }
            }
            default -> { }
        }
    }

    @Override
    public void end() throws OriginException {
        // The last line need not end.
        String last = new String(line, 0, lineLength, StandardCharsets.ISO_8859_1);
        if (state == State.DELIMITER && isDelimiter(last, delimiter + "--")) {
            takeDelimiter(last);
        }
        if (state != State.EPILOGUE) {
            throw judge.failure(Kind.UNAVAILABLE, "the answer ends inside of part " + partCount);
        }
        if (!scatter.isWhole()) {
            throw refused("only some of the ranges");
        }
    }

    private OriginException refused(String what) {
        return judge.failure(Kind.REFUSED, "the server sends " + what);
    }
}
