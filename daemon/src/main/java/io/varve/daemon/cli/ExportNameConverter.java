package io.varve.daemon.cli;

import io.varve.daemon.store.ExportName;
import io.varve.daemon.store.NameException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** With a client or without; commands that name no converter want a client. Immutable. */
final class ExportNameConverter implements ITypeConverter<ExportName> {

    @Override
    public ExportName convert(String text) {
        try {
            return ExportName.parse(text);
        } catch (NameException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
