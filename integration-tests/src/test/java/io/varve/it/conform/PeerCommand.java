package io.varve.it.conform;

import io.varve.it.conform.PeerProcess.Access;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How the peers are started.
 *
 * @param options with the program, without the file that is served
 *
 * <p>Immutable.
 */
record PeerCommand(Peer peer, List<Object> options, List<Object> file) {

    static PeerCommand of(Peer peer, Path raw, SocketAddress address, Access access) {
        List<Object> options = new ArrayList<>();
        boolean nbdkit = peer == Peer.NBDKIT;
        options.addAll(nbdkit
                ? List.of("nbdkit", "-f", "--filter=exportname")
                : List.of("qemu-nbd", "-t", "-e", "0", "-f", "raw", "-x", "disk", "-A"));
        if (address instanceof UnixDomainSocketAddress unix) {
            options.addAll(List.of(nbdkit ? "-U" : "-k", unix.getPath()));
        } else {
            options.addAll(List.of(nbdkit ? "-i" : "-b", "127.0.0.1", "-p", ((InetSocketAddress) address).getPort()));
        }
        if (access == Access.READ_ONLY) {
            options.add("-r");
        }
        return new PeerCommand(peer, options, nbdkit
                ? List.of("file", raw, "exportname=disk", "exportname-strict=true",
                        "exportname-list=explicit", "default-export=disk")
                : List.of(raw));
    }

    /** The whole command, with the TLS that belongs to the way. */
    List<String> secured(Way way, Path certificates, Path keys) {
        return Stream.of(options, tls(way, certificates, keys), file)
                .flatMap(List::stream)
                .map(Object::toString)
                .toList();
    }

    private List<Object> tls(Way way, Path certificates, Path keys) {
        boolean nbdkit = peer == Peer.NBDKIT;
        return switch (way) {
            case UNIX, TCP -> List.of();
            case TLS -> nbdkit
                    ? List.of("--tls=require", "--tls-certificates=" + certificates)
                    : List.of("--tls-creds", "t", "--object",
                            "tls-creds-x509,id=t,endpoint=server,verify-peer=off,dir=" + certificates);
            case PSK -> nbdkit
                    ? List.of("--tls=require", "--tls-psk=" + keys)
                    : List.of("--tls-creds", "t", "--object",
                            "tls-creds-psk,id=t,endpoint=server,dir=" + keys.getParent());
            case OFFERED -> List.of("--tls=on", "--tls-certificates=" + certificates);
        };
    }
}
