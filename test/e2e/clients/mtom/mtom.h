//gsoap t service name: smev
//gsoap t service style: document
//gsoap t service encoding: literal
//gsoap t schema namespace: urn://x-artefacts-smev-gov-ru/services/message-exchange/types/@VERSION@
//gsoap t schema form: qualified
//gsoap b schema namespace: urn://x-artefacts-smev-gov-ru/services/message-exchange/types/basic/@VERSION@
//gsoap b schema form: qualified

// As wsdl2h declares what carries files; what is signed goes through as it is (_XML).
struct xsd__base64Binary
{ unsigned char *__ptr;
  int __size;
  char *id, *type, *options;
};

struct b__AttachmentContentType
{ char *Id 1;
  struct xsd__base64Binary Content 1;
};
struct b__AttachmentContentListType
{ int __size;
  struct b__AttachmentContentType *AttachmentContent 0;
};
struct b__AttachmentHeaderType
{ char *contentId 1;
  struct xsd__base64Binary *SignaturePKCS7 0;
};
struct b__AttachmentHeaderListType
{ int __size;
  struct b__AttachmentHeaderType *AttachmentHeader 0;
};

struct t__Metadata
{ char *MessageId 0;
};
struct t__Data
{ char *MessageID 0;
  struct b__AttachmentHeaderListType *b__AttachmentHeaderList 0;
};
struct t__RequestType
{ struct t__Data *SenderProvidedRequestData 0;
};
struct t__RequestMessageType
{ struct t__RequestType *Request 0;
  struct b__AttachmentContentListType *b__AttachmentContentList 0;
};

struct _t__SendRequestRequest
{ _XML __data;
  struct b__AttachmentContentListType *b__AttachmentContentList 0;
  _XML __signature;
};
struct _t__SendRequestResponse
{ struct t__Metadata *MessageMetadata 0;
};
struct _t__GetRequestRequest
{ _XML __any;
};
struct _t__GetRequestResponse
{ struct t__RequestMessageType *RequestMessage 0;
};

//gsoap t service method-action: SendRequest urn:SendRequest
int __t__SendRequest(struct _t__SendRequestRequest *t__SendRequestRequest, struct _t__SendRequestResponse *t__SendRequestResponse);
//gsoap t service method-action: GetRequest urn:GetRequest
int __t__GetRequest(struct _t__GetRequestRequest *t__GetRequestRequest, struct _t__GetRequestResponse *t__GetRequestResponse);
