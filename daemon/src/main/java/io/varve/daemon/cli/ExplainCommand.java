package io.varve.daemon.cli;

import io.varve.daemon.boot.LoggedBoot;
import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the last boots of an image waited for. Owned by the thread that runs the command. */
@Command(name = "explain",
        description = "Show what the last boots read, how long they waited, and for whom: disk, cache or origin.")
final class ExplainCommand extends StoreCommand {

    @Parameters(paramLabel = "IMAGE[@CLIENT]", converter = ExportNameConverter.class,
            description = "The image; with a client, only its boots.")
    private ExportName name;

    @Option(names = "--html", paramLabel = "FILE",
            description = "Draw them: one page that needs nothing else; replaces the file.")
    private Path html;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        List<LoggedBoot> boots = openStore().bootHistory().boots(name.image(), name.client());
        if (boots.isEmpty()) {
            throw new StoreException(name.client().isEmpty()
                    ? "image " + name.image() + ": no boot is written down yet: a client's is, ten seconds after its "
                            + "last read or when it leaves"
                    : "image " + name.image() + ": no boot of client " + name.client().get() + " is written down: "
                            + "'varve boot explain " + name.image() + "' shows whose are");
        }
        ExplainReport report = new ExplainReport(name.image(), boots.stream().map(BootFigures::new).toList());
        if (html != null) {
            write(new ExplainPage(report).html());
        }
        if (json) {
            printJson(report.fields());
        } else if (html != null) {
            print("wrote " + html + ": " + Units.count(boots.size(), "boot") + " of " + name.image());
        } else {
            report.print(surroundings().out());
        }
        return DONE;
    }

    private void write(String page) throws IOException {
        Path file = html.toAbsolutePath();
        if (!Files.isDirectory(file.getParent())) {
            throw new StoreException("file " + html + ": there is no such directory: make it first");
        }
        Files.writeString(file, page, StandardCharsets.UTF_8);
    }
}
