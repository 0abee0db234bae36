package io.varve.it.tls;

import io.varve.it.tool.Tool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A certificate authority, and directories of what it signed, in the layout of libnbd, nbdkit and QEMU.
 *
 * <p>Immutable.
 */
public final class Authority {

    private static final String VALID = "20200101000000Z 21200101000000Z";

    private final Path directory;
    private final Path key;
    private final Path certificate;

    /** @param directory is made */
    public Authority(Path directory) {
        this.directory = create(directory);
        this.key = directory.resolve("ca-key.pem");
        this.certificate = directory.resolve("ca-cert.pem");
        Tool.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", key, "-out", certificate, "-days", "3650", "-subj", "/CN=authority",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign");
    }

    /** @return a directory with certificate and key of a server for localhost, and the authority's certificate */
    public Path server(String name) {
        return issue(name, "server", "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n", VALID);
    }

    /** The same for a client. */
    public Path client(String commonName) {
        return issue(commonName, "client", "extendedKeyUsage=clientAuth\n", VALID);
    }

    /**
     * A server whose key is of a certain kind.
     *
     * @param options of {@code openssl req}, as in {@code "ec -pkeyopt ec_paramgen_curve:P-256"}
     */
    Path server(String name, String options) {
        return issue(name, "server", "subjectAltName=DNS:localhost,IP:127.0.0.1\n", VALID, options.split(" "));
    }

    /** A server for one host name. */
    Path serverFor(String name, String host) {
        return issue(name, "server", "subjectAltName=DNS:" + host + "\n", VALID);
    }

    /** A certificate without extendedKeyUsage for clients. */
    Path clientForServers(String commonName) {
        return issue(commonName, "client", "extendedKeyUsage=serverAuth\n", VALID);
    }

    /** Another authority, which this one vouches for. */
    Authority intermediate(String name) {
        Path place = issue(name, "ca", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n", VALID);
        return new Authority(place, place.resolve("ca-key.pem"), place.resolve("ca-cert.pem"));
    }

    private Authority(Path directory, Path key, Path certificate) {
        this.directory = directory;
        this.key = key;
        this.certificate = certificate;
    }

    Path certificate() {
        return certificate;
    }

    Path expiredServer(String name) {
        return issue(name, "server", "subjectAltName=DNS:localhost\n", "20200101000000Z 20200102000000Z");
    }

    Path expiredClient(String commonName) {
        return issue(commonName, "client", "extendedKeyUsage=clientAuth\n", "20200101000000Z 20200102000000Z");
    }

    private Path issue(String commonName, String role, String extensions, String validity, String... keyOptions) {
        Path place = create(directory.resolve(commonName));
        Path request = place.resolve("request.pem");
        List<Object> command = new ArrayList<>(List.of("openssl", "req", "-newkey"));
        command.addAll(keyOptions.length == 0 ? List.of("rsa:2048") : List.of(keyOptions));
        command.addAll(List.of("-nodes", "-keyout", place.resolve(role + "-key.pem"), "-out", request,
                "-subj", "/CN=" + commonName));
        Tool.run(command.toArray());
        String[] times = validity.split(" ");
        write(place.resolve("extensions"), "[all]\n" + extensions);
        write(place.resolve("index"), "");
        write(place.resolve("ca.conf"), "[ca]\ndefault_ca = this\n[this]\ndatabase = " + place.resolve("index")
                + "\nnew_certs_dir = " + place + "\nrand_serial = yes\ndefault_md = sha256\npolicy = any\n"
                + "[any]\ncommonName = supplied\n");
        Tool.run("openssl", "ca", "-batch", "-notext", "-config", place.resolve("ca.conf"), "-cert", certificate,
                "-keyfile", key, "-in", request, "-out", place.resolve(role + "-cert.pem"),
                "-startdate", times[0], "-enddate", times[1],
                "-extfile", place.resolve("extensions"), "-extensions", "all");
        if (!role.equals("ca")) {
            copy(certificate, place.resolve("ca-cert.pem"));
        }
        return place;
    }

    /** Replaces one file by another, as a renewal does: at once. */
    public static void replace(Path from, Path to) {
        Path fresh = to.resolveSibling(to.getFileName() + ".new");
        copy(from, fresh);
        try {
            Files.move(fresh, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void copy(Path from, Path to) {
        try {
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void move(Path from, Path to) {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path create(Path directory) {
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
