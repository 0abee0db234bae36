package io.varve.daemon.cli;

import io.varve.daemon.boot.Sequence;
import io.varve.daemon.io.Pages;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.Store;
import io.varve.daemon.store.StoreException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What Varve has learned about how an image boots. Owned by the thread that runs the command. */
@Command(name = "boot", description = "Show or forget what was learned about how an image boots.",
        synopsisSubcommandLabel = "COMMAND", subcommands = {BootCommand.Show.class, BootCommand.Forget.class})
final class BootCommand {

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help and exit.")
    private boolean help;

    /** Prints the sequence. Owned by the thread that runs the command. */
    @Command(name = "show", description = "Show the page ranges that a boot reads, in order.")
    static final class Show extends StoreCommand {

        @Parameters(paramLabel = "IMAGE", description = "The image.")
        private ImageName image;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        public Integer call() throws IOException {
            Store store = openStore();
            Optional<Sequence> learned = store.bootSequence(image);
            if (learned.isEmpty()) {
                throw new StoreException("image " + image + ": nothing learned yet: the next client is recorded");
            }
            if (json) {
                printJson(describe(learned.get()));
            } else {
                printText(learned.get());
            }
            return DONE;
        }

        private void printText(Sequence sequence) {
            Table table = new Table(">AT", ">OFFSET", ">LENGTH");
            for (int i = 0; i < sequence.entryCount(); i++) {
                table.add(Units.micros(sequence.startUs(i)), Pages.offset(sequence.pageIndex(i)),
                        Units.bytes(Pages.offset(sequence.pageCount(i))));
            }
            table.print(surroundings().out());
            print(sequence.entryCount() + " ranges, " + Units.bytes(bytes(sequence)) + ", over "
                    + Units.micros(spanUs(sequence)));
        }

        private Map<String, Object> describe(Sequence sequence) {
            List<Object> ranges = new ArrayList<>();
            for (int i = 0; i < sequence.entryCount(); i++) {
                Map<String, Object> range = new LinkedHashMap<>();
                range.put("atUs", sequence.startUs(i));
                range.put("offset", Pages.offset(sequence.pageIndex(i)));
                range.put("length", Pages.offset(sequence.pageCount(i)));
                ranges.add(range);
            }
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("image", image.toString());
            fields.put("rangeCount", sequence.entryCount());
            fields.put("bytes", bytes(sequence));
            fields.put("spanUs", spanUs(sequence));
            fields.put("ranges", ranges);
            return fields;
        }

        private static long bytes(Sequence sequence) {
            return Pages.offset(sequence.pageCount());
        }

        private static int spanUs(Sequence sequence) {
            return sequence.entryCount() == 0 ? 0 : sequence.startUs(sequence.entryCount() - 1);
        }
    }

    /** Drops the sequence. Owned by the thread that runs the command. */
    @Command(name = "forget", description = "Forget it; the next boot is recorded again.")
    static final class Forget extends StoreCommand {

        @Parameters(paramLabel = "IMAGE", description = "The image.")
        private ImageName image;

        @Override
        public Integer call() throws IOException {
            if (!openStore().forgetBootSequence(image)) {
                print("nothing was learned about " + image + " yet");
            }
            return DONE;
        }
    }
}
