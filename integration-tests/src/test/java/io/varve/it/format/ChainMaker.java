package io.varve.it.format;

import io.varve.daemon.format.vhd.VhdParent;
import io.varve.daemon.format.vhd.VhdWriter;
import io.varve.daemon.format.vhdx.VhdxImage;
import io.varve.daemon.format.vhdx.VhdxParent;
import io.varve.daemon.format.vhdx.VhdxShape;
import io.varve.daemon.format.vhdx.VhdxWriter;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Who writes the files of a chain. */
enum ChainMaker {

    /** The writer of the product. */
    VHD(".vhd") {
        @Override
        void write(Path path, Difference content, UUID id, ChainFile parent, Random random) throws IOException {
            try (BlockFile file = SPACE.open(path, OpenMode.CREATE_NEW)) {
                VhdWriter writer = parent == null
                        ? VhdWriter.dynamic(file, content.size(), id, ChainFile.TIME)
                        : VhdWriter.differencing(file, content.size(), id, ChainFile.TIME, new VhdParent(parent.id(),
                                ChainFile.TIME, parent.path().getFileName().toString(), parent.path().toString()));
                content.writeTo(writer);
            }
        }
    },
    /** The writer of the product; it chooses the identifier. */
    VHDX(".vhdx") {
        @Override
        void write(Path path, Difference content, UUID id, ChainFile parent, Random random) throws IOException {
            try (BlockFile file = SPACE.open(path, OpenMode.CREATE_NEW)) {
                VhdxShape shape = new VhdxShape(content.size(), 2 << 20, content.sectorLength());
                VhdxWriter writer = parent == null
                        ? VhdxWriter.dynamic(file, shape, UUID::randomUUID)
                        : VhdxWriter.differencing(file, shape, UUID::randomUUID, new VhdxParent(parent.id(),
                                parent.path().getFileName().toString(), parent.path().toString()));
                content.writeTo(writer);
            }
        }

        @Override
        UUID idOf(Path path, UUID wanted) throws IOException {
            try (VhdxImage image = new VhdxImage(SPACE.open(path, OpenMode.READ))) {
                return UUID.fromString(image.id().orElseThrow());
            }
        }
    },
    HAND_MADE_VHD(".vhd") {
        @Override
        void write(Path path, Difference content, UUID id, ChainFile parent, Random random) throws IOException {
            HandMadeVhd.write(path, content, id, parent, random);
        }
    },
    HAND_MADE_VHDX(".vhdx") {
        @Override
        void write(Path path, Difference content, UUID id, ChainFile parent, Random random) throws IOException {
            HandMadeVhdx.write(path, content, id, parent, random);
        }
    };

    private static final NativeFileSpace SPACE = new NativeFileSpace();

    private final String suffix;

    ChainMaker(String suffix) {
        this.suffix = suffix;
    }

    String suffix() {
        return suffix;
    }

    abstract void write(Path path, Difference content, UUID id, ChainFile parentOrNull, Random random)
            throws IOException;

    UUID idOf(Path path, UUID wanted) throws IOException {
        return wanted;
    }

    /**
     * Makes a file of each difference, in one directory.
     *
     * @param contents base first
     * @param random   decides what a format leaves open
     * @return the same order
     */
    List<ChainFile> write(Path directory, List<Difference> contents, Random random) throws IOException {
        List<ChainFile> files = new ArrayList<>();
        for (Difference content : contents) {
            files.add(add(directory, files, content, random));
        }
        return files;
    }

    /** Makes one file on top of a chain, which others may have made in the same format. */
    ChainFile add(Path directory, List<ChainFile> below, Difference content, Random random) throws IOException {
        Path path = directory.resolve((below.isEmpty() ? "base" : "child" + below.size()) + suffix);
        ChainFile parent = below.isEmpty() ? null : below.get(below.size() - 1);
        UUID wanted = new UUID(random.nextLong(), random.nextLong());
        write(path, content, wanted, parent, random);
        return new ChainFile(path, idOf(path, wanted));
    }
}
