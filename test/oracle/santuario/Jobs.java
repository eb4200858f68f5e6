import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.xml.security.algorithms.SignatureAlgorithm;
import org.apache.xml.security.c14n.Canonicalizer;
import org.apache.xml.security.signature.SignedInfo;
import org.apache.xml.security.signature.XMLSignature;
import org.apache.xml.security.transforms.Transforms;
import org.apache.xml.security.utils.Constants;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** What the oracle can be asked; each job is a map of strings, octets in base64. */
final class Jobs {
    private Jobs() {}

    /** The octets that are digested for the root element: exc-c14n, then the SMEV transform. */
    static byte[] transform(Map<String, String> job) throws Exception {
        Document document = Documents.read(octets(job, "xml"));
        return SmevTransform.transformed(Documents.exclusive(document.getDocumentElement()));
    }

    /**
     * The document with a detached signature over the element with an Id, put into the container: the
     * first element of that name without children.
     */
    static byte[] sign(Map<String, String> job) throws Exception {
        Document document = Documents.read(octets(job, "xml"));
        Element container = Documents.elements(document, job.get("namespace"), job.get("container")).stream()
            .filter(each -> !each.hasChildNodes())
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no empty " + job.get("container")));
        XMLSignature signature = new XMLSignature(
            document, "", job.get("signatureMethod"), Canonicalizer.ALGO_ID_C14N_EXCL_OMIT_COMMENTS);
        container.appendChild(signature.getElement());
        Transforms transforms = new Transforms(document);
        transforms.addTransform(Transforms.TRANSFORM_C14N_EXCL_OMIT_COMMENTS);
        transforms.addTransform(SmevTransform.URI);
        signature.addDocument("#" + job.get("id"), transforms, job.get("digestMethod"));
        signature.addKeyInfo(certificate(pem(job.get("certificate"))));
        signature.sign(GostKey.ofPkcs8(pem(job.get("key"))));
        return Documents.write(document);
    }

    /** A verdict on each ds:Signature, by the certificate inside it. Trust is nobody's question here. */
    static List<Map<String, String>> verify(Map<String, String> job) throws Exception {
        Document document = Documents.read(octets(job, "xml"));
        List<Map<String, String>> verdicts = new ArrayList<>();
        for (Element element : Documents.elements(document, Constants.SignatureSpecNS, "Signature")) {
            verdicts.add(verdict(new XMLSignature(element, "", false)));
        }
        return verdicts;
    }

    private static Map<String, String> verdict(XMLSignature signature) throws Exception {
        SignedInfo info = signature.getSignedInfo();
        boolean digests = info.getLength() > 0;
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < info.getLength(); i++) {
            ids.add(info.item(i).getURI());
            digests &= info.item(i).verify();
        }
        Element within = (Element) signature.getElement()
            .getElementsByTagNameNS(Constants.SignatureSpecNS, "X509Certificate").item(0);
        SignatureAlgorithm method = info.getSignatureAlgorithm();
        method.initVerify(GostKey.of(certificate(Base64.getMimeDecoder().decode(within.getTextContent()))));
        method.update(info.getCanonicalizedOctetStream());
        Map<String, String> verdict = new LinkedHashMap<>();
        verdict.put("id", String.join(" ", ids).replace("#", ""));
        verdict.put("digest", digests ? "good" : "bad");
        verdict.put("signature", method.verify(signature.getSignatureValue()) ? "good" : "bad");
        return verdict;
    }

    static byte[] octets(Map<String, String> job, String name) {
        return Base64.getDecoder().decode(job.get(name));
    }

    static byte[] pem(String text) {
        String body = text.replaceAll("(?s).*?-----BEGIN [A-Z ]+-----(.*?)-----END .*", "$1");
        return Base64.getMimeDecoder().decode(body.getBytes(StandardCharsets.US_ASCII));
    }

    static X509Certificate certificate(byte[] der) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509", "BC")
            .generateCertificate(new ByteArrayInputStream(der));
    }
}
