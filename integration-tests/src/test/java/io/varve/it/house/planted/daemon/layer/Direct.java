package io.varve.it.house.planted.daemon.layer;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Breaks the crash simulator: writes where it cannot see. */
public class Direct {

    Direct(int a, int b, int c, int d, int e, int f, int g, int h) {}

    static void touch(Path path) throws IOException {
        FileChannel.open(path).close();
    }
}
