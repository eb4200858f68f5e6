/* Carries fragments that somebody else signed, with their files, through gSOAP's MTOM. One command a
   line, its words between tabs; one line of answer. The address of the service is the first argument. */
#include "soapH.h"
#include "smev.nsmap"

#define WORDS 40

static char *slurp(const char *path, int *size)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) { perror(path); exit(2); }
  fseek(file, 0, SEEK_END);
  long length = ftell(file);
  rewind(file);
  char *octets = malloc(length + 1);
  if (fread(octets, 1, length, file) != (size_t)length) exit(2);
  octets[length] = 0;
  fclose(file);
  if (size != NULL) *size = (int)length;
  return octets;
}

static void keep(const char *folder, const char *name, const char *end, struct xsd__base64Binary *octets)
{
  char path[4096];
  snprintf(path, sizeof path, "%s/%s%s", folder, name, end);
  FILE *file = fopen(path, "wb");
  if (file == NULL) { perror(path); exit(2); }
  fwrite(octets->__ptr, 1, octets->__size, file);
  fclose(file);
}

static void answer(struct soap *soap, const char *word, const char *value)
{
  if (soap->error) {
    const char **text = soap_faultstring(soap);
    printf("fault %d %s\n", soap->error, text && *text ? *text : "");
  } else printf("%s %s\n", word, value);
}

/* send DATA SIGNATURE id=path ... */
static void send_request(struct soap *soap, const char *url, char **words, int count)
{
  struct b__AttachmentContentType contents[WORDS];
  struct b__AttachmentContentListType list = { 0, contents };
  struct _t__SendRequestRequest request = { slurp(words[1], NULL), &list, slurp(words[2], NULL) };
  struct _t__SendRequestResponse response;
  for (int n = 3; n < count; n++) {
    struct b__AttachmentContentType *each = &contents[list.__size++];
    memset(each, 0, sizeof *each);
    char *at = strchr(words[n], '=');
    *at = 0;
    each->Id = words[n];
    each->Content.__ptr = (unsigned char *)slurp(at + 1, &each->Content.__size);
    each->Content.type = "application/octet-stream";
  }
  soap_call___t__SendRequest(soap, url, NULL, &request, &response);
  answer(soap, "sent", soap->error || !response.MessageMetadata ? "" : response.MessageMetadata->MessageId);
}

/* receive SELECTOR FOLDER */
static void receive_request(struct soap *soap, const char *url, char **words)
{
  struct _t__GetRequestRequest request = { slurp(words[1], NULL) };
  struct _t__GetRequestResponse response;
  soap_call___t__GetRequest(soap, url, NULL, &request, &response);
  if (soap->error || response.RequestMessage == NULL) { answer(soap, "empty", ""); return; }
  struct t__Data *data = response.RequestMessage->Request->SenderProvidedRequestData;
  struct b__AttachmentContentListType *list = response.RequestMessage->b__AttachmentContentList;
  for (int n = 0; list && n < list->__size; n++)
    keep(words[2], list->AttachmentContent[n].Id, "", &list->AttachmentContent[n].Content);
  struct b__AttachmentHeaderListType *headers = data->b__AttachmentHeaderList;
  for (int n = 0; headers && n < headers->__size; n++)
    keep(words[2], headers->AttachmentHeader[n].contentId, ".p7s", headers->AttachmentHeader[n].SignaturePKCS7);
  answer(soap, "received", data->MessageID);
}

int main(int argc, char **argv)
{
  static char line[65536];
  while (fgets(line, sizeof line, stdin)) {
    char *words[WORDS];
    int count = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *word = strtok(line, "\t"); word && count < WORDS; word = strtok(NULL, "\t")) words[count++] = word;
    struct soap *soap = soap_new1(SOAP_C_UTFSTRING | SOAP_ENC_MTOM);
    if (strcmp(words[0], "send") == 0) send_request(soap, argv[1], words, count);
    else receive_request(soap, argv[1], words);
    fflush(stdout);
    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
  }
  return 0;
}
