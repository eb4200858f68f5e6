import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import org.apache.xml.security.algorithms.JCEMapper;
import org.apache.xml.security.algorithms.SignatureAlgorithmSpi;
import org.apache.xml.security.signature.XMLSignatureException;

/** GOST R 34.10 as a signature method of Santuario, by BouncyCastle. Its value is XMLDSig's as it is. */
public abstract class GostSignature extends SignatureAlgorithmSpi {
    private final String uri;
    private final String name;
    private final Signature signature;

    private interface Step {
        void run() throws GeneralSecurityException;
    }

    GostSignature(String uri) throws XMLSignatureException {
        this.uri = uri;
        this.name = JCEMapper.translateURItoJCEID(uri);
        try {
            this.signature = Signature.getInstance(name, "BC");
        } catch (GeneralSecurityException missing) {
            throw new XMLSignatureException(missing);
        }
    }

    private static void attempt(Step step) throws XMLSignatureException {
        try {
            step.run();
        } catch (GeneralSecurityException failed) {
            throw new XMLSignatureException(failed);
        }
    }

    @Override
    protected String engineGetURI() {
        return uri;
    }

    @Override
    protected String engineGetJCEAlgorithmString() {
        return name;
    }

    @Override
    protected String engineGetJCEProviderName() {
        return "BC";
    }

    @Override
    protected void engineUpdate(byte[] octets) throws XMLSignatureException {
        attempt(() -> signature.update(octets));
    }

    @Override
    protected void engineUpdate(byte octet) throws XMLSignatureException {
        attempt(() -> signature.update(octet));
    }

    @Override
    protected void engineUpdate(byte[] octets, int from, int length) throws XMLSignatureException {
        attempt(() -> signature.update(octets, from, length));
    }

    @Override
    protected void engineInitSign(Key key) throws XMLSignatureException {
        attempt(() -> signature.initSign((PrivateKey) key));
    }

    @Override
    protected void engineInitSign(Key key, SecureRandom random) throws XMLSignatureException {
        attempt(() -> signature.initSign((PrivateKey) key, random));
    }

    @Override
    protected void engineInitSign(Key key, AlgorithmParameterSpec none) throws XMLSignatureException {
        engineInitSign(key);
    }

    @Override
    protected byte[] engineSign() throws XMLSignatureException {
        byte[][] value = new byte[1][];
        attempt(() -> value[0] = signature.sign());
        return value[0];
    }

    @Override
    protected void engineInitVerify(Key key) throws XMLSignatureException {
        attempt(() -> signature.initVerify((PublicKey) key));
    }

    @Override
    protected boolean engineVerify(byte[] value) throws XMLSignatureException {
        boolean[] good = new boolean[1];
        attempt(() -> good[0] = signature.verify(value));
        return good[0];
    }

    @Override
    protected void engineSetParameter(AlgorithmParameterSpec none) {
        // GOST has none.
    }

    @Override
    protected void engineSetHMACOutputLength(int none) {
        // GOST has none.
    }
}
