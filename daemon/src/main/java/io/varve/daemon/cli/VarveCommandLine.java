package io.varve.daemon.cli;

import io.varve.daemon.serve.ListenAddress;
import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.OverlayMode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Finds the command, runs it, and turns what goes wrong into one line and an exit code.
 *
 * <p>Design note: only the command that is named is given to picocli, because describing all of them takes longer
 * than most of them run. The whole list is there when somebody asks for help or mistypes.
 *
 * <p>Immutable.
 */
public final class VarveCommandLine {

    private static final Map<String, Supplier<Object>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("demo", DemoCommand::new);
        COMMANDS.put("import", ImportCommand::new);
        COMMANDS.put("export", ExportCommand::new);
        COMMANDS.put("images", ImagesCommand::new);
        COMMANDS.put("show", ShowCommand::new);
        COMMANDS.put("tag", TagCommand::new);
        COMMANDS.put("rm", RemoveCommand::new);
        COMMANDS.put("serve", ServeCommand::new);
        COMMANDS.put("reload", ReloadCommand::new);
        COMMANDS.put("overlays", OverlaysCommand::new);
        COMMANDS.put("reset", ResetCommand::new);
        COMMANDS.put("commit", CommitCommand::new);
        COMMANDS.put("snapshot", SnapshotCommand::new);
        COMMANDS.put("bitmap", BitmapCommand::new);
        COMMANDS.put("merge", MergeCommand::new);
        COMMANDS.put("merge-file", MergeFileCommand::new);
        COMMANDS.put("flatten", FlattenCommand::new);
        COMMANDS.put("rebase", RebaseCommand::new);
        COMMANDS.put("boot", BootCommand::new);
        COMMANDS.put("verify", VerifyCommand::new);
        COMMANDS.put("gc", GcCommand::new);
        COMMANDS.put("status", StatusCommand::new);
    }

    private VarveCommandLine() {}

    /** What stands before the command. Owned by the thread that runs the command. */
    @Command(name = "varve", description = "Serves layered disk images as NBD devices, and learns how they boot.",
            synopsisSubcommandLabel = "COMMAND", versionProvider = Version.class,
            footer = {"", "varve demo shows all of it in a few seconds; varve COMMAND --help tells more."})
    static final class Top {

        @Option(names = "--store", paramLabel = "DIR",
                description = "Directory of the store (default: $VARVE_STORE, else /var/lib/varve for root, "
                        + "else $XDG_DATA_HOME/varve).")
        private Path store;

        @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help and exit.")
        private boolean help;

        @Option(names = {"-V", "--version"}, versionHelp = true, description = "Show the version and exit.")
        private boolean version;
    }

    /** From the manifest of the jar. Immutable. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = VarveCommandLine.class.getPackage().getImplementationVersion();
            return new String[] {"varve " + (version == null ? "(not packaged)" : version)};
        }
    }

    /** @return exit code: 0 done, 1 failed, 2 wrong usage */
    public static int run(String[] args, Surroundings here) {
        CommandLine line = build(args);
        line.setOut(new PrintWriter(here.out(), true));
        line.setErr(new PrintWriter(here.err(), true));
        line.setParameterExceptionHandler((e, wrong) ->
                complain(here, e, Complaint.oneLine(usageProblem(e)), StoreCommand.WRONG_USAGE));
        line.setExecutionExceptionHandler((e, command, parsed) ->
                complain(here, e, Complaint.line(e), StoreCommand.FAILED));
        line.setExecutionStrategy(parsed -> {
            Integer helped = CommandLine.executeHelpRequest(parsed);
            return helped != null ? helped : execute(parsed, here);
        });
        try {
            return line.execute(args);
        } finally {
            here.out().flush();
            here.err().flush();
        }
    }

    private static int execute(ParseResult parsed, Surroundings here) {
        Path storeBeforeCommand = ((Top) parsed.commandSpec().userObject()).store;
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        if (!(last.commandSpec().userObject() instanceof StoreCommand command)) {
            throw new ParameterException(last.commandSpec().commandLine(), "a command is missing");
        }
        command.enter(here, storeBeforeCommand);
        return new CommandLine.RunLast().execute(parsed);
    }

    private static CommandLine build(String[] args) {
        CommandLine line = new CommandLine(new Top());
        Supplier<Object> named = COMMANDS.get(commandOf(args));
        if (named != null) {
            line.addSubcommand(named.get());
        } else {
            COMMANDS.values().forEach(command -> line.addSubcommand(command.get()));
        }
        line.registerConverter(ImageName.class, converter(ImageName::parse));
        line.registerConverter(ExportName.class, converter(ExportName::parseWithClient));
        line.registerConverter(OverlayMode.class, converter(OverlayMode::parse));
        line.registerConverter(ListenAddress.class, converter(ListenAddress::parse));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        return line;
    }

    /** The first word that is no option and no value of {@code --store}; null where there is none. */
    private static String commandOf(String[] args) {
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("--store")) {
                i++;
            } else if (!args[i].startsWith("-")) {
                return args[i];
            }
        }
        return null;
    }

    private static <T> ITypeConverter<T> converter(Function<String, T> parse) {
        return text -> {
            try {
                return parse.apply(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        };
    }

    private static String usageProblem(ParameterException e) {
        CommandSpec command = e.getCommandLine().getCommandSpec();
        String what = String.valueOf(e.getMessage());
        if (e instanceof UnmatchedArgumentException unmatched && command.parent() == null
                && !unmatched.getUnmatched().isEmpty() && !unmatched.getUnmatched().get(0).startsWith("-")) {
            what = "'" + unmatched.getUnmatched().get(0) + "' is not a command";
        }
        return what + ": see '" + command.qualifiedName() + " --help'";
    }

    private static int complain(Surroundings here, Exception failure, String line, int exitCode) {
        if (here.debugging()) {
            LoggerFactory.getLogger(VarveCommandLine.class).error("where it comes from", failure);
        }
        here.err().println("varve: " + line);
        return exitCode;
    }
}
