package io.varve.daemon.access;

import io.varve.daemon.io.Printable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address, or all addresses with the same first bits: {@code 10.0.0.7}, {@code 10.0.0.0/8}, {@code fd00::/8}.
 *
 * <p>Immutable.
 */
public final class Network {

    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]{2,45}");
    private static final Pattern NETWORK = Pattern.compile("([^/]+)(?:/([0-9]{1,3}))?");

    private final byte[] address;
    private final int prefixLength;

    private Network(byte[] address, int prefixLength) {
        this.address = address;
        this.prefixLength = prefixLength;
    }

    /** @throws IllegalArgumentException with what is wrong, and what is allowed */
    public static Network parse(String text) {
        Matcher parts = NETWORK.matcher(text);
        byte[] address = parts.matches() ? bytes(parts.group(1)).orElse(null) : null;
        if (address == null) {
            throw new IllegalArgumentException("'" + Printable.of(text)
                    + "' is no address: write one as 10.0.0.7 or fd00::7, or a network as 10.0.0.0/8 or fd00::/8");
        }
        int bitCount = address.length * Byte.SIZE;
        int prefixLength = parts.group(2) == null ? bitCount : Integer.parseInt(parts.group(2));
        if (prefixLength > bitCount) {
            throw new IllegalArgumentException(
                    "'" + text + "' has a prefix of " + prefixLength + " bits: 0 to " + bitCount + " are allowed");
        }
        Network network = new Network(address, prefixLength);
        if (network.hasBitsBehindPrefix()) {
            throw new IllegalArgumentException(
                    "'" + text + "' has bits behind its prefix: write the first address of the network");
        }
        return network;
    }

    /** Whether it is one of these addresses. What is no address is none of them. */
    public boolean contains(String peerAddress) {
        int zone = peerAddress.indexOf('%');
        return bytes(zone < 0 ? peerAddress : peerAddress.substring(0, zone)).filter(this::hasPrefixOf).isPresent();
    }

    private boolean hasPrefixOf(byte[] other) {
        if (other.length != address.length) {
            return false;
        }
        for (int bit = 0; bit < prefixLength; bit++) {
            if (bit(address, bit) != bit(other, bit)) {
                return false;
            }
        }
        return true;
    }

    private boolean hasBitsBehindPrefix() {
        for (int bit = prefixLength; bit < address.length * Byte.SIZE; bit++) {
            if (bit(address, bit) != 0) {
                return true;
            }
        }
        return false;
    }

    private static int bit(byte[] bytes, int index) {
        return bytes[index / Byte.SIZE] >> (Byte.SIZE - 1 - index % Byte.SIZE) & 1;
    }

    /** Four bytes also for an IPv4 address that is written as {@code ::ffff:10.0.0.7}. Never asks a name server. */
    private static Optional<byte[]> bytes(String literal) {
        boolean isLiteral = IPV4.matcher(literal).matches()
                || literal.indexOf(':') >= 0 && IPV6.matcher(literal).matches();
        if (!isLiteral) {
            return Optional.empty();
        }
        try {
            // In brackets only a literal is accepted.
            return Optional.of(InetAddress.getByName(literal.indexOf(':') >= 0 ? "[" + literal + "]" : literal)
                    .getAddress()).filter(found -> literal.indexOf(':') >= 0 || isInRange(literal));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private static boolean isInRange(String ipv4) {
        for (String part : ipv4.split("\\.")) {
            if (Integer.parseInt(part) > 255) {
                return false;
            }
        }
        return true;
    }
}
