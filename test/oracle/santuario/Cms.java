import java.security.cert.X509Certificate;
import java.util.Map;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/** Detached CMS signatures by BouncyCastle. */
final class Cms {
    private Cms() {}

    /** A signature over the content, with the signer's certificate; "encoding" is BER or DER. */
    static byte[] sign(Map<String, String> job) throws Exception {
        X509Certificate certificate = Jobs.certificate(Jobs.pem(job.get("certificate")));
        ContentSigner signer = new JcaContentSignerBuilder(job.get("algorithm"))
            .setProvider("BC")
            .build(GostKey.ofPkcs8(Jobs.pem(job.get("key"))));
        DigestCalculatorProvider digests =
            new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        generator.addSignerInfoGenerator(
            new JcaSignerInfoGeneratorBuilder(digests).build(signer, certificate));
        generator.addCertificate(new JcaX509CertificateHolder(certificate));
        CMSSignedData signed =
            generator.generate(new CMSProcessableByteArray(Jobs.octets(job, "content")), false);
        return signed.toASN1Structure()
            .getEncoded("DER".equals(job.get("encoding")) ? ASN1Encoding.DER : ASN1Encoding.BER);
    }

    /** Whether the one signer's signature over the content is good, by the certificate inside. */
    static boolean verify(Map<String, String> job) throws Exception {
        CMSSignedData signed = new CMSSignedData(
            new CMSProcessableByteArray(Jobs.octets(job, "content")), Jobs.octets(job, "signature"));
        SignerInformation signer = signed.getSignerInfos().iterator().next();
        X509CertificateHolder holder =
            signed.getCertificates().getMatches(null).iterator().next();
        X509Certificate certificate = Jobs.certificate(holder.getEncoded());
        return signer.verify(new JcaSimpleSignerInfoVerifierBuilder()
            .setProvider("BC")
            .build(GostKey.of(certificate)));
    }
}
