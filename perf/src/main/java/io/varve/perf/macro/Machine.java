package io.varve.perf.macro;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a figure means nothing without: processor, cores, kernel, JVM, date.
 *
 * <p>Immutable.
 */
public final class Machine {
    private Machine() {
    }

    public static Map<String, Object> describe() throws IOException {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("processor", processor());
        machine.put("cores", Runtime.getRuntime().availableProcessors());
        machine.put("kernel", System.getProperty("os.version"));
        machine.put("jvm", System.getProperty("java.vm.name") + " " + Runtime.version());
        machine.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        machine.put("load", Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
        return machine;
    }

    private static String processor() throws IOException {
        return Files.readString(Path.of("/proc/cpuinfo")).lines()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 2))
                .findFirst()
                .orElse(System.getProperty("os.arch"));
    }
}
