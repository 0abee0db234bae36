package io.varve.nbd.fuzz;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportException.Kind;
import io.varve.nbd.export.ExportInfo;
import java.util.List;
import java.util.Map;

/**
 * Exports of all kinds, also such as cannot be had. Who speaks TLS sees one more.
 *
 * <p>Owned by the thread of the test.
 */
final class FuzzDirectory implements ExportDirectory {

    static final String SECRET = "secret";
    /** Opens, but never with the contexts that it was described with. */
    static final String SHRINKING = "shrinking";

    private static final Map<String, ExportInfo> INFOS = Map.of(
            "disk", Exports.DISK,
            "", Exports.DISK,
            "huge", Exports.HUGE,
            "sealed", Exports.SEALED,
            "plain", Exports.PLAIN,
            "gr\u00fc\u00df", Exports.HUGE,
            SHRINKING, Exports.DISK);
    private static final Map<String, ExportException> FAILURES = Map.of(
            "forbidden", new ExportException(Kind.FORBIDDEN, "not for you"),
            "broken", new ExportException(Kind.FAILED, "a line\nand \u0000 another " + "\u00e9".repeat(3000)),
            "closing", new ExportException(Kind.SHUTTING_DOWN, "bye"));
    private static final ExportException UNKNOWN = new ExportException(Kind.UNKNOWN, "no such export");

    private final OracleDisk disk;
    private final boolean secure;
    private int openCount;
    private int closeCount;

    /** @param disk of every export that is opened; null if it is not used */
    FuzzDirectory(OracleDisk disk, boolean secure) {
        this.disk = disk;
        this.secure = secure;
    }

    void reset() {
        openCount = 0;
        closeCount = 0;
    }

    int openNow() {
        return openCount - closeCount;
    }

    /** What is there under a name; null if it cannot be had. */
    ExportInfo info(String name) {
        return SECRET.equals(name) && secure ? Exports.DISK : INFOS.get(name);
    }

    /** Why it cannot be had. */
    Kind failure(String name) {
        return FAILURES.getOrDefault(name, UNKNOWN).kind();
    }

    @Override
    public List<Listing> list() {
        Listing more = secure ? new Listing(SECRET, "") : new Listing("huge", "line\nbreak");
        return List.of(new Listing("disk", "a disk"), new Listing("sealed", "x".repeat(5000)), more);
    }

    @Override
    public ExportInfo describe(String name) throws ExportException {
        ExportInfo info = info(name);
        if (info == null) {
            throw FAILURES.getOrDefault(name, UNKNOWN);
        }
        return info;
    }

    @Override
    public Export open(String name) throws ExportException {
        ExportInfo info = describe(name);
        openCount++;
        return new OpenExport(name.equals(SHRINKING) ? Exports.PLAIN : info);
    }

    /** Counts. Owned by the thread of the test. */
    private final class OpenExport extends ForwardingExport {

        private boolean closed;

        OpenExport(ExportInfo info) {
            super(disk, info);
        }

        @Override
        public void close() {
            Fault.require(!closed, "an export is closed twice");
            closed = true;
            closeCount++;
            super.close();
        }
    }
}
