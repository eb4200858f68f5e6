import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.cryptopro.CryptoProObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.rosstandart.RosstandartObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/** Keys as OpenSSL's GOST engine writes them, brought to the forms that BouncyCastle reads. */
final class GostKey {
    private static final String TC26_256 = RosstandartObjectIdentifiers.id_tc26_gost_3410_12_256_paramSet + ".";

    /** Curves that got a second name (RFC 7836, appendix A.2), by that name. */
    private static final Map<String, ASN1ObjectIdentifier> FORMER = Map.of(
        TC26_256 + "2", CryptoProObjectIdentifiers.gostR3410_2001_CryptoPro_A,
        TC26_256 + "3", CryptoProObjectIdentifiers.gostR3410_2001_CryptoPro_B,
        TC26_256 + "4", CryptoProObjectIdentifiers.gostR3410_2001_CryptoPro_C);

    private static final Set<ASN1ObjectIdentifier> KINDS = Set.of(
        CryptoProObjectIdentifiers.gostR3410_2001,
        RosstandartObjectIdentifiers.id_tc26_gost_3410_12_256,
        RosstandartObjectIdentifiers.id_tc26_gost_3410_12_512);

    private GostKey() {}

    static PrivateKey ofPkcs8(byte[] pkcs8) throws Exception {
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(pkcs8);
        byte[] octets = info.getPrivateKey().getOctets();
        // The bare number, of 32 or 64 octets, is an OCTET STRING of its own to BouncyCastle.
        boolean bare = octets.length == 32 || octets.length == 64;
        ASN1Encodable number = bare ? new DEROctetString(octets) : info.parsePrivateKey();
        PrivateKeyInfo known = new PrivateKeyInfo(known(info.getPrivateKeyAlgorithm()), number);
        return factory(known.getPrivateKeyAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(known.getEncoded()));
    }

    /** The key of a certificate; one that is not GOST is as Java reads it. */
    static PublicKey of(X509Certificate certificate) throws Exception {
        SubjectPublicKeyInfo info =
            Certificate.getInstance(certificate.getEncoded()).getSubjectPublicKeyInfo();
        if (!KINDS.contains(info.getAlgorithm().getAlgorithm())) return certificate.getPublicKey();
        SubjectPublicKeyInfo known =
            new SubjectPublicKeyInfo(known(info.getAlgorithm()), info.parsePublicKey());
        return factory(known.getAlgorithm()).generatePublic(new X509EncodedKeySpec(known.getEncoded()));
    }

    private static KeyFactory factory(AlgorithmIdentifier kind) throws Exception {
        return KeyFactory.getInstance(kind.getAlgorithm().getId(), "BC");
    }

    private static AlgorithmIdentifier known(AlgorithmIdentifier algorithm) {
        ASN1ObjectIdentifier kind = algorithm.getAlgorithm();
        ASN1Sequence parameters = ASN1Sequence.getInstance(algorithm.getParameters());
        ASN1ObjectIdentifier curve = ASN1ObjectIdentifier.getInstance(parameters.getObjectAt(0));
        // The digest may be left out (RFC 9215, section 4); BouncyCastle counts on it.
        ASN1Encodable digest = parameters.size() > 1 ? parameters.getObjectAt(1) : digestOf(kind);
        return new AlgorithmIdentifier(kind, new DERSequence(
            new ASN1Encodable[] {FORMER.getOrDefault(curve.getId(), curve), digest}));
    }

    private static ASN1ObjectIdentifier digestOf(ASN1ObjectIdentifier kind) {
        if (kind.equals(CryptoProObjectIdentifiers.gostR3410_2001)) {
            return CryptoProObjectIdentifiers.gostR3411_94_CryptoProParamSet;
        }
        return kind.equals(RosstandartObjectIdentifiers.id_tc26_gost_3410_12_512)
            ? RosstandartObjectIdentifiers.id_tc26_gost_3411_12_512
            : RosstandartObjectIdentifiers.id_tc26_gost_3411_12_256;
    }
}
