import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.xml.security.c14n.Canonicalizer;
import org.w3c.dom.Attr;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Documents as octets and as trees. */
final class Documents {
    private static final String WSU =
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";

    private Documents() {}

    /**
     * A tree in which Id and wsu:Id are what a Reference points to. An Id that stands twice points to
     * nothing, so that a Reference to it fails.
     */
    static Document read(byte[] xml) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        Document document = factory.newDocumentBuilder().parse(new ByteArrayInputStream(xml));
        Map<String, List<Attr>> ids = new HashMap<>();
        for (Element element : elements(document, "*", "*")) {
            for (Attr id : new Attr[] {
                element.getAttributeNode("Id"), element.getAttributeNodeNS(WSU, "Id")}) {
                if (id != null) ids.computeIfAbsent(id.getValue(), none -> new ArrayList<>()).add(id);
            }
        }
        for (List<Attr> same : ids.values()) {
            Attr id = same.get(0);
            if (same.size() == 1) id.getOwnerElement().setIdAttributeNode(id, true);
        }
        return document;
    }

    static List<Element> elements(Document document, String namespace, String name) {
        NodeList found = document.getElementsByTagNameNS(namespace, name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) elements.add((Element) found.item(i));
        return elements;
    }

    /** The document's text as Canonical XML: nothing that a signature sees is lost in writing. */
    static byte[] write(Document document) throws Exception {
        return canonicalizer(Canonicalizer.ALGO_ID_C14N_WITH_COMMENTS).canonicalizeSubtree(document);
    }

    static byte[] exclusive(Element element) throws Exception {
        return canonicalizer(Canonicalizer.ALGO_ID_C14N_EXCL_OMIT_COMMENTS).canonicalizeSubtree(element);
    }

    private static Canonicalizer canonicalizer(String uri) throws Exception {
        return Canonicalizer.getInstance(uri);
    }
}
