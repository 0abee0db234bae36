package io.varve.daemon.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** Makes the daemon read its configuration file again. Owned by the thread that runs the command. */
@Command(name = "reload", description = "Make the running daemon read its configuration file again. Rules, "
        + "descriptions, overlay modes, limits, upkeep and listeners change, and no client is dropped; a file with "
        + "mistakes changes nothing.")
final class ReloadCommand extends StoreCommand {

    @Override
    public Integer call() throws IOException {
        Map<String, Object> answer = surroundings().services().askDaemon(storePath(), Map.of("ask", "reload"));
        List<?> mistakes = (List<?>) answer.get("mistakes");
        if (!mistakes.isEmpty()) {
            mistakes.forEach(mistake -> surroundings().err().println("varve: " + mistake));
            return FAILED;
        }
        print("the configuration was read again");
        ((List<?>) answer.get("waiting")).forEach(line -> print(line.toString()));
        return DONE;
    }
}
