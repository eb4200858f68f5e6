/* Verifies one signed document again and again with xmlsec1, in one process: for each count read from
 * standard input it parses and verifies so many times and writes microseconds of CPU and of clock.
 * Usage: xmlsec-verify DOCUMENT CERTIFICATE; the key is loaded once, the certificate inside not read. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <libxml/parser.h>
#include <xmlsec/crypto.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int verify(const char *text, int length, xmlSecKeyPtr key) {
  static const xmlChar *ids[] = {BAD_CAST "Id", NULL};
  xmlDocPtr document = xmlReadMemory(text, length, NULL, NULL, XML_PARSE_NONET);
  xmlNodePtr root = xmlDocGetRootElement(document);
  xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
  int good;
  xmlSecAddIDs(document, root, ids);
  context->signKey = xmlSecKeyDuplicate(key);
  good = xmlSecDSigCtxVerify(context, xmlSecFindNode(root, xmlSecNodeSignature, xmlSecDSigNs)) >= 0 &&
         context->status == xmlSecDSigStatusSucceeded;
  xmlSecDSigCtxDestroy(context);
  xmlFreeDoc(document);
  return good;
}

int main(int count, char **arguments) {
  static char text[16 * 1024 * 1024];
  int length, rounds;
  FILE *file;
  xmlSecKeyPtr key;
  if (count != 3 || (file = fopen(arguments[1], "rb")) == NULL) return 2;
  length = (int)fread(text, 1, sizeof text, file);
  fclose(file);
  xmlInitParser();
  if (xmlSecInit() < 0 || xmlSecCryptoAppInit(NULL) < 0 || xmlSecCryptoInit() < 0) return 2;
  key = xmlSecCryptoAppKeyLoad(arguments[2], xmlSecKeyDataFormatCertPem, NULL, NULL, NULL);
  if (key == NULL) return 2;
  while (scanf("%d", &rounds) == 1) {
    double cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
    for (int n = 0; n < rounds; n++) {
      if (!verify(text, length, key)) return 1;
    }
    printf("%.1f %.1f\n", now(CLOCK_PROCESS_CPUTIME_ID) - cpu, now(CLOCK_MONOTONIC) - wall);
    fflush(stdout);
  }
  return 0;
}
