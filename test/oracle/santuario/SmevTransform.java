import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.namespace.QName;
import javax.xml.stream.XMLEventFactory;
import javax.xml.stream.XMLEventReader;
import javax.xml.stream.XMLEventWriter;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.events.Attribute;
import javax.xml.stream.events.Namespace;
import javax.xml.stream.events.StartElement;
import javax.xml.stream.events.XMLEvent;
import com.ctc.wstx.stax.WstxEventFactory;
import com.ctc.wstx.stax.WstxInputFactory;
import com.ctc.wstx.stax.WstxOutputFactory;
import org.apache.xml.security.exceptions.XMLSecurityException;
import org.apache.xml.security.signature.XMLSignatureInput;
import org.apache.xml.security.transforms.Transform;
import org.apache.xml.security.transforms.TransformSpi;
import org.apache.xml.security.transforms.TransformationException;
import org.codehaus.stax2.XMLOutputFactory2;

/**
 * The SMEV transform by its published steps, on Woodstox's event reader and writer. Names and their
 * order are decided here; what is escaped and what is refused, the writer decides: that is the rule.
 */
public final class SmevTransform extends TransformSpi {
    static final String URI = "urn://smev-gov-ru/xmldsig/transform";

    private static final Comparator<Attribute> ORDER =
        Comparator.comparing((Attribute each) -> each.getName().getNamespaceURI().isEmpty())
            .thenComparing(each -> each.getName().getNamespaceURI())
            .thenComparing(each -> each.getName().getLocalPart());

    private static final XMLInputFactory READERS = new WstxInputFactory();
    private static final XMLOutputFactory WRITERS = new WstxOutputFactory();
    private static final XMLEventFactory EVENTS = new WstxEventFactory();

    static {
        // Every end tag is written out.
        WRITERS.setProperty(XMLOutputFactory2.P_AUTOMATIC_EMPTY_ELEMENTS, false);
    }

    @Override
    protected String engineGetURI() {
        return URI;
    }

    @Override
    protected XMLSignatureInput enginePerformTransform(
            XMLSignatureInput input, OutputStream out, Transform transform)
            throws IOException, TransformationException {
        try {
            byte[] octets = transformed(input.getBytes());
            if (out == null) return new XMLSignatureInput(octets);
            out.write(octets);
            XMLSignatureInput written = new XMLSignatureInput((byte[]) null);
            written.setOutputStream(out);
            return written;
        } catch (XMLStreamException | XMLSecurityException refused) {
            throw new TransformationException(refused);
        }
    }

    /** @throws XMLStreamException where the reader or the writer refuses */
    static byte[] transformed(byte[] canonical) throws XMLStreamException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        XMLEventReader reader = READERS.createXMLEventReader(new ByteArrayInputStream(canonical), "UTF-8");
        XMLEventWriter writer = WRITERS.createXMLEventWriter(out, "UTF-8");
        Prefixes prefixes = new Prefixes();
        Deque<XMLEvent> ends = new ArrayDeque<>();
        while (reader.hasNext()) {
            XMLEvent event = reader.nextEvent();
            if (event.isStartElement()) {
                prefixes.open();
                StartElement start = started(event.asStartElement(), prefixes);
                QName name = start.getName();
                ends.push(EVENTS.createEndElement(
                    name.getPrefix(), name.getNamespaceURI(), name.getLocalPart()));
                writer.add(start);
            } else if (event.isEndElement()) {
                prefixes.close();
                writer.add(ends.pop());
            } else if (event.isCharacters() && !isBlank(event.asCharacters().getData())) {
                writer.add(EVENTS.createCharacters(event.asCharacters().getData()));
            }
        }
        writer.close();
        return out.toByteArray();
    }

    private static boolean isBlank(String text) {
        return text.chars().allMatch(unit -> unit <= ' ');
    }

    private static StartElement started(StartElement source, Prefixes prefixes) {
        String namespace = source.getName().getNamespaceURI();
        List<Attribute> sorted = new ArrayList<>();
        for (Iterator<?> each = source.getAttributes(); each.hasNext();) sorted.add((Attribute) each.next());
        sorted.sort(ORDER);
        String prefix = prefixes.of(namespace);
        List<Attribute> attributes = new ArrayList<>();
        for (Attribute each : sorted) {
            String uri = each.getName().getNamespaceURI();
            String local = each.getName().getLocalPart();
            attributes.add(uri.isEmpty()
                ? EVENTS.createAttribute(local, each.getValue())
                : EVENTS.createAttribute(prefixes.of(uri), uri, local, each.getValue()));
        }
        List<Namespace> made = new ArrayList<>();
        prefixes.madeHere().forEach((uri, each) -> made.add(EVENTS.createNamespace(each, uri)));
        return EVENTS.createStartElement(prefix, namespace, source.getName().getLocalPart(),
            attributes.iterator(), made.iterator());
    }

    /** Prefixes made so far in the open elements, the outermost asked first. */
    private static final class Prefixes {
        private final Deque<Map<String, String>> open = new ArrayDeque<>();
        private int made;

        void open() {
            open.addLast(new LinkedHashMap<>());
        }

        void close() {
            open.removeLast();
        }

        Map<String, String> madeHere() {
            return open.getLast();
        }

        String of(String namespace) {
            for (Iterator<Map<String, String>> each = open.iterator(); each.hasNext();) {
                String prefix = each.next().get(namespace);
                if (prefix != null) return prefix;
            }
            String prefix = "ns" + ++made;
            open.getLast().put(namespace, prefix);
            return prefix;
        }
    }
}
