"""What xmlsec-verify.c does, through python3-xmlsec, where no compiler or header is installed."""
import sys
import time

import xmlsec
from lxml import etree

text = open(sys.argv[1], "rb").read()
key = xmlsec.Key.from_file(sys.argv[2], xmlsec.constants.KeyDataFormatCertPem)


def verify():
    root = etree.fromstring(text)
    xmlsec.tree.add_ids(root, ["Id"])
    context = xmlsec.SignatureContext()
    context.key = key
    context.verify(xmlsec.tree.find_node(root, xmlsec.constants.NodeSignature))


for line in sys.stdin:
    cpu, wall = time.process_time(), time.monotonic()
    for _ in range(int(line)):
        verify()
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    print("%.1f %.1f" % (cpu * 1e6, wall * 1e6), flush=True)
