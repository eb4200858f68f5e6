import generated.*;
import java.io.*;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import javax.activation.*;
import javax.xml.bind.*;
import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.soap.*;
import javax.xml.transform.stream.StreamSource;
import javax.xml.ws.*;
import javax.xml.ws.soap.*;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * Carries envelopes that somebody else signed, with their files, through JAX-WS: `typed` by the classes
 * that wsimport makes of the WSDL, with MTOM; `saaj` by SAAJ, with attachments beside. One command a line,
 * its words between tabs; one line of answer.
 */
public class MtomClient {
    /** JAXB moves out what is longer, SignaturePKCS7 too, which is signed where it stands; a DataHandler always. */
    static final int signatureBytesMax = 64 * 1024;
    static final String wsdl = System.getProperty("wsdl");
    static SMEVMessageExchangeService service;

    public static void main(String[] args) throws Exception {
        service = new SMEVMessageExchangeService(new URL(wsdl));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split("\t");
            try {
                out.println(perform(words));
            } catch (SOAPFaultException fault) {
                out.println("fault " + fault.getFault().getFaultString());
            } catch (Exception other) {
                out.println("fault " + String.valueOf(other.getMessage()).replaceAll("\\s+", " "));
                other.printStackTrace();
            }
        }
    }

    static String perform(String[] words) throws Exception {
        String envelope = words[1];
        switch (words[0]) {
            case "typed-send": return typedSend(envelope, filesOf(words));
            case "typed-receive": return typedReceive(envelope, Paths.get(words[2]));
            case "saaj-send": return saajSend(envelope, filesOf(words));
            case "saaj-receive": return saajReceive(envelope, Paths.get(words[2]));
            default: throw new IllegalArgumentException(words[0]);
        }
    }

    /** contentId=path words after the envelope. */
    static Map<String, String> filesOf(String[] words) {
        Map<String, String> files = new LinkedHashMap<>();
        for (String word : Arrays.copyOfRange(words, 2, words.length)) {
            int at = word.indexOf('=');
            files.put(word.substring(0, at), word.substring(at + 1));
        }
        return files;
    }

    // ---- by the generated classes

    static SMEVMessageExchangePortType port() {
        QName name = service.getPorts().next();
        return service.getPort(name, SMEVMessageExchangePortType.class, new MTOMFeature(true, signatureBytesMax));
    }

    static <T> T payload(String envelope, Class<T> type) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        Document document = factory.newDocumentBuilder().parse(new File(envelope));
        Node body = document.getElementsByTagNameNS(SOAPConstants.URI_NS_SOAP_1_1_ENVELOPE, "Body").item(0);
        return JAXBContext.newInstance(ObjectFactory.class).createUnmarshaller()
            .unmarshal(body.getFirstChild(), type).getValue();
    }

    static String typedSend(String envelope, Map<String, String> files) throws Exception {
        SendRequestRequest request = payload(envelope, SendRequestRequest.class);
        for (AttachmentContentType each : request.getAttachmentContentList().getAttachmentContent())
            each.setContent(new DataHandler(new FileDataSource(files.get(each.getId()))));
        return "sent " + port().sendRequest(request).getMessageMetadata().getMessageId();
    }

    static String typedReceive(String envelope, Path folder) throws Exception {
        GetRequestResponse response = port().getRequest(payload(envelope, GetRequestRequest.class));
        GetRequestResponse.RequestMessage message = response.getRequestMessage();
        if (message == null) return "empty";
        for (AttachmentContentType each : message.getAttachmentContentList().getAttachmentContent())
            try (InputStream octets = each.getContent().getInputStream()) {
                Files.copy(octets, folder.resolve(each.getId()));
            }
        SenderProvidedRequestData data = message.getRequest().getSenderProvidedRequestData();
        for (AttachmentHeaderType each : data.getAttachmentHeaderList().getAttachmentHeader())
            Files.write(folder.resolve(each.getContentId() + ".p7s"), each.getSignaturePKCS7());
        return "received " + data.getMessageID();
    }

    // ---- by SAAJ, the envelope as it was signed

    static SOAPMessage call(String envelope, String action, Map<String, String> files) throws Exception {
        QName name = service.getPorts().next();
        Dispatch<SOAPMessage> dispatch = service.createDispatch(name, SOAPMessage.class, Service.Mode.MESSAGE);
        dispatch.getRequestContext().put(BindingProvider.SOAPACTION_USE_PROPERTY, true);
        dispatch.getRequestContext().put(BindingProvider.SOAPACTION_URI_PROPERTY, action);
        SOAPMessage message = MessageFactory.newInstance().createMessage();
        message.getSOAPPart().setContent(new StreamSource(new FileInputStream(envelope)));
        files.forEach((id, path) -> {
            AttachmentPart part = message.createAttachmentPart(new DataHandler(new FileDataSource(path)));
            part.setContentId("<" + id + ">");
            message.addAttachmentPart(part);
        });
        return dispatch.invoke(message);
    }

    static String saajSend(String envelope, Map<String, String> files) throws Exception {
        return "sent " + text(call(envelope, "urn:SendRequest", files), "MessageId");
    }

    static String saajReceive(String envelope, Path folder) throws Exception {
        SOAPMessage answer = call(envelope, "urn:GetRequest", Map.of());
        Map<String, AttachmentPart> parts = new HashMap<>();
        for (Iterator<?> each = answer.getAttachments(); each.hasNext();) {
            AttachmentPart part = (AttachmentPart) each.next();
            parts.put(part.getContentId().replaceAll("[<>]", ""), part);
        }
        NodeList contents = elements(answer, "AttachmentContent");
        for (int n = 0; n < contents.getLength(); n++) {
            Element item = (Element) contents.item(n);
            String id = item.getElementsByTagNameNS("*", "Id").item(0).getTextContent();
            Element content = (Element) item.getElementsByTagNameNS("*", "Content").item(0);
            Element include = (Element) content.getElementsByTagNameNS("*", "Include").item(0);
            byte[] octets = include == null
                ? Base64.getMimeDecoder().decode(content.getTextContent())
                : parts.get(include.getAttribute("href").substring(4)).getRawContentBytes();
            Files.write(folder.resolve(id), octets);
        }
        NodeList headers = elements(answer, "AttachmentHeader");
        for (int n = 0; n < headers.getLength(); n++) {
            Element header = (Element) headers.item(n);
            String id = header.getElementsByTagNameNS("*", "contentId").item(0).getTextContent();
            String signature = header.getElementsByTagNameNS("*", "SignaturePKCS7").item(0).getTextContent();
            Files.write(folder.resolve(id + ".p7s"), Base64.getMimeDecoder().decode(signature));
        }
        return "received " + text(answer, "MessageID") + " " + parts.size();
    }

    static NodeList elements(SOAPMessage message, String name) throws Exception {
        return message.getSOAPBody().getElementsByTagNameNS("*", name);
    }

    static String text(SOAPMessage message, String name) throws Exception {
        Node found = elements(message, name).item(0);
        return found == null ? "nothing: " + message.getSOAPBody().getTextContent() : found.getTextContent();
    }
}
