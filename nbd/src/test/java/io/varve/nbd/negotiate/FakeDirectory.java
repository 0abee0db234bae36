package io.varve.nbd.negotiate;

import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Exports by name, and how often each was opened and closed. Owned by the test's thread. */
final class FakeDirectory implements ExportDirectory {

    final List<FakeExport> opened = new ArrayList<>();
    private final Map<String, ExportInfo> infos = new LinkedHashMap<>();
    private final Map<String, ExportException> failures = new LinkedHashMap<>();

    FakeDirectory with(String name, ExportInfo info) {
        infos.put(name, info);
        return this;
    }

    FakeDirectory failing(String name, ExportException.Kind kind, String message) {
        failures.put(name, new ExportException(kind, message));
        return this;
    }

    int openCount() {
        return opened.stream().mapToInt(export -> 1 - export.closeCount).sum();
    }

    @Override
    public List<Listing> list() {
        return infos.entrySet().stream()
                .map(entry -> new Listing(entry.getKey(), entry.getValue().description()))
                .collect(Collectors.toList());
    }

    @Override
    public ExportInfo describe(String name) throws ExportException {
        if (failures.containsKey(name)) {
            throw failures.get(name);
        }
        if (!infos.containsKey(name)) {
            throw new ExportException(ExportException.Kind.UNKNOWN, "no export '" + name + "'");
        }
        return infos.get(name);
    }

    @Override
    public Export open(String name) throws ExportException {
        final FakeExport export = new FakeExport(describe(name));
        opened.add(export);
        return export;
    }
}
