package io.varve.daemon.serve.tls;

import io.varve.nbd.export.Peer;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** Reads names out of certificates. Thread-safe because it has no state. */
final class CertificateNames {

    private CertificateNames() {}

    /** The client, known by its verified certificate. */
    static Peer secured(Peer peer, X509Certificate certificate) {
        return peer.secured(commonName(certificate), alternativeNames(certificate));
    }

    /** The most specific one; empty if there is none. */
    private static String commonName(X509Certificate certificate) {
        try {
            List<Rdn> parts = new LdapName(certificate.getSubjectX500Principal().getName()).getRdns();
            for (int i = parts.size() - 1; i >= 0; i--) {
                if (parts.get(i).getType().equalsIgnoreCase("CN") && parts.get(i).getValue() instanceof String name) {
                    return name;
                }
            }
            return "";
        } catch (InvalidNameException e) {
            return "";
        }
    }

    private static List<String> alternativeNames(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> entries = certificate.getSubjectAlternativeNames();
            if (entries != null) {
                // An entry is a type and a value; values that are no text are of no use in a rule.
                entries.forEach(entry -> {
                    if (entry.get(1) instanceof String name) {
                        names.add(name);
                    }
                });
            }
        } catch (CertificateParsingException e) {
            return List.of();
        }
        return names;
    }
}
