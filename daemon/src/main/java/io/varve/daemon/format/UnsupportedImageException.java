package io.varve.daemon.format;

import java.io.IOException;

/** The file is sound, but uses what is not read here. One line for people: file, what it uses, what to do. */
public final class UnsupportedImageException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * @param what   it uses: "is encrypted (LUKS)"
     * @param remedy what to do about it
     */
    public UnsupportedImageException(String fileName, String what, String remedy) {
        super(fileName + " " + what + ": " + remedy);
    }
}
