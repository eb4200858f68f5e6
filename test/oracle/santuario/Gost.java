import java.security.Security;
import org.apache.xml.security.Init;
import org.apache.xml.security.algorithms.JCEMapper;
import org.apache.xml.security.algorithms.SignatureAlgorithm;
import org.apache.xml.security.exceptions.XMLSecurityException;
import org.apache.xml.security.signature.XMLSignatureException;
import org.apache.xml.security.transforms.Transform;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** The algorithms of SMEV 3 by their URIs. Santuario asks for a class per signature URI. */
final class Gost {
    private static final String MORE = "http://www.w3.org/2001/04/xmldsig-more#";
    private static final String CP = "urn:ietf:params:xml:ns:cpxmlsec:algorithms:";

    private Gost() {}

    static void register() throws XMLSecurityException, ClassNotFoundException {
        Security.addProvider(new BouncyCastleProvider());
        Init.init();
        Transform.register(SmevTransform.URI, SmevTransform.class);
        digest("gostr34112012-256", "GOST3411-2012-256", CP);
        digest("gostr34112012-512", "GOST3411-2012-512", CP);
        digest("gostr3411", "GOST3411", CP, MORE);
        String by256 = "GOST3411-2012-256withECGOST3410-2012-256";
        String by512 = "GOST3411-2012-512withECGOST3410-2012-512";
        signature(By256.URI, by256, By256.class);
        signature(By512.URI, by512, By512.class);
        signature(By2001.URI, "GOST3411withECGOST3410", By2001.class);
        signature(By2001Alias.URI, "GOST3411withECGOST3410", By2001Alias.class);
    }

    private static void digest(String uri, String name, String... namespaces) {
        for (String namespace : namespaces) {
            JCEMapper.register(namespace + uri, new JCEMapper.Algorithm("", name, "MessageDigest"));
        }
    }

    private static void signature(String uri, String name, Class<? extends GostSignature> by)
            throws XMLSecurityException, ClassNotFoundException {
        JCEMapper.register(uri, new JCEMapper.Algorithm("", name, "Signature"));
        SignatureAlgorithm.register(uri, by);
    }

    public static final class By256 extends GostSignature {
        static final String URI = CP + "gostr34102012-gostr34112012-256";

        public By256() throws XMLSignatureException {
            super(URI);
        }
    }

    public static final class By512 extends GostSignature {
        static final String URI = CP + "gostr34102012-gostr34112012-512";

        public By512() throws XMLSignatureException {
            super(URI);
        }
    }

    public static final class By2001 extends GostSignature {
        static final String URI = MORE + "gostr34102001-gostr3411";

        public By2001() throws XMLSignatureException {
            super(URI);
        }
    }

    public static final class By2001Alias extends GostSignature {
        static final String URI = CP + "gostr34102001-gostr3411";

        public By2001Alias() throws XMLSignatureException {
            super(URI);
        }
    }
}
