"""An information system written with zeep: reads commands as lines of JSON, prints a line for each.

Argument: JSON with `wsdl`, `sign` (a command; the document's file is its last word) and
`signature` (an unsigned ds:Signature for the place that the operation has for it).
"""

import json
import subprocess
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")

from lxml import etree
from zeep import Client, Plugin
from zeep.exceptions import Fault

settings = json.loads(sys.argv[1])


class Signing(Plugin):
    """Signs the envelope as it stands, just before it leaves."""

    def egress(self, envelope, http_headers, operation, binding_options):
        with tempfile.NamedTemporaryFile(suffix=".xml") as file:
            file.write(etree.tostring(envelope))
            file.flush()
            signed = subprocess.run(settings["sign"] + [file.name], capture_output=True)
        if signed.returncode != 0:
            raise RuntimeError(signed.stderr.decode())
        return etree.fromstring(signed.stdout), http_headers


client = Client(settings["wsdl"], plugins=[Signing()])


def operations(_):
    return sorted(client.service._operations)


def signature():
    return {"_value_1": etree.fromstring(settings["signature"])}


def text_of(element, name):
    return element.findtext(".//{*}" + name)


def send(command):
    data = {
        "Id": "SIGNED_BY_CALLER",
        "MessageID": command["messageId"],
        "MessagePrimaryContent": {"_value_1": etree.fromstring(command["content"])},
    }
    if command["chain"]:
        data |= {"ReferenceMessageID": command["messageId"], "TransactionCode": command["messageId"]}
    answer = client.service.SendRequest(
        SenderProvidedRequestData=data, CallerInformationSystemSignature=signature()
    )
    metadata = answer.MessageMetadata
    return {
        "type": type(answer).__name__,
        "messageId": metadata.MessageId,
        "status": metadata.Status,
        "sender": metadata.Sender.Mnemonic,
        "year": metadata.SendingTimestamp.year,
        "signature": etree.QName(answer.SMEVSignature._value_1).localname,
    }


def receive(command):
    answer = client.service.GetResponse(
        MessageTypeSelector={
            "Id": "SIGNED_BY_CALLER",
            "NamespaceURI": command["namespace"],
            "RootElementLocalName": command["root"],
            "Timestamp": command["timestamp"],
        },
        CallerInformationSystemSignature=signature(),
    )
    message = answer.ResponseMessage if hasattr(answer, "ResponseMessage") else answer
    if message is None:
        return {"empty": True}
    data = message.Response.SenderProvidedResponseData
    content = data.MessagePrimaryContent._value_1
    return {
        "originalMessageId": message.Response.OriginalMessageId,
        "messageId": data.MessageID,
        "content": etree.QName(content).localname,
        "name": text_of(content, "FullName"),
        "signature": etree.QName(message.SMEVSignature._value_1).localname,
        "senderSignature": etree.QName(
            message.Response.SenderInformationSystemSignature._value_1
        ).localname,
    }


def attempt(command):
    try:
        return {"operations": operations, "send": send, "receive": receive}[command["do"]](command)
    except Fault as fault:
        element = None if fault.detail is None else fault.detail[0]
        declared = None if element is None else client.wsdl.types.get_element(element.tag)
        parsed = None if declared is None else declared.parse(element, client.wsdl.types)
        return {
            "fault": fault.code.split(":")[-1],
            "text": fault.message,
            "element": None if element is None else etree.QName(element).localname,
            "code": getattr(parsed, "Code", None),
        }


for line in sys.stdin:
    print(json.dumps(attempt(json.loads(line))), flush=True)
