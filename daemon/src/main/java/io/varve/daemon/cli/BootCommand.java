package io.varve.daemon.cli;

import io.varve.daemon.boot.Profile;
import io.varve.daemon.store.BootProfiles;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What Varve has learned about how an image boots. Owned by the thread that runs the command. */
@Command(name = "boot",
        description = "Show, forget or move what was learned about how an image boots; explain its last boots.",
        synopsisSubcommandLabel = "COMMAND", subcommands = {BootCommand.Show.class, BootCommand.Forget.class,
            BootCommand.Export.class, BootCommand.Import.class, ExplainCommand.class})
final class BootCommand {

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help and exit.")
    private boolean help;

    /** Prints the profile. Owned by the thread that runs the command. */
    @Command(name = "show", description = "Show the page ranges that a boot reads, in order, and what they are from.")
    static final class Show extends StoreCommand {

        @Parameters(paramLabel = "IMAGE", description = "The image.")
        private ImageName image;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        public Integer call() throws IOException {
            BootProfiles boots = openStore().boots();
            Optional<Profile> learned = boots.profile(image);
            if (learned.isEmpty()) {
                throw new StoreException("image " + image + ": nothing learned yet: the next client is recorded");
            }
            BootReport report = new BootReport(learned.get(), boots.packLength(image));
            if (json) {
                printJson(report.fields(image));
            } else {
                report.print(surroundings().out());
            }
            return DONE;
        }
    }

    /** Drops the profile. Owned by the thread that runs the command. */
    @Command(name = "forget", description = "Forget it; the next boot is recorded again.")
    static final class Forget extends StoreCommand {

        @Parameters(paramLabel = "IMAGE", description = "The image.")
        private ImageName image;

        @Override
        public Integer call() throws IOException {
            if (!openStore().boots().forget(image)) {
                print("nothing was learned about " + image + " yet");
            }
            return DONE;
        }
    }

    /** What both directions print. Owned by the thread that runs the command. */
    private abstract static class Move extends StoreCommand {

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        final void report(ImageName image, Path file, Profile profile, String done) throws IOException {
            if (json) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("image", image.toString());
                fields.put("file", file.toString());
                fields.put("bootCount", profile.bootCount());
                fields.put("variantCount", profile.sequences().size());
                printJson(fields);
            } else {
                print(done + ": " + profile);
            }
        }
    }

    /** Writes the profile to a file. Owned by the thread that runs the command. */
    @Command(name = "export", description = "Write it to a file, for the same image in another store.")
    static final class Export extends Move {

        @Parameters(index = "0", paramLabel = "IMAGE", description = "The image.")
        private ImageName image;

        @Parameters(index = "1", paramLabel = "FILE", description = "File to make.")
        private Path file;

        @Override
        public Integer call() throws IOException {
            report(image, file, openStore().boots().exportTo(image, file), "exported to " + file);
            return DONE;
        }
    }

    /** Reads the profile from a file. Owned by the thread that runs the command. */
    @Command(name = "import", description = "Take it from a file of 'boot export', in place of what is known.")
    static final class Import extends Move {

        @Parameters(index = "0", paramLabel = "FILE", description = "File to read.")
        private Path file;

        @Parameters(index = "1", paramLabel = "IMAGE", description = "The image.")
        private ImageName image;

        @Override
        public Integer call() throws IOException {
            report(image, file, openStore().boots().importFrom(file, image), "imported for " + image);
            return DONE;
        }
    }
}
