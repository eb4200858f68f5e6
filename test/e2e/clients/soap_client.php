<?php
// An information system written with PHP's SoapClient: reads commands as lines of JSON, prints a line
// for each. Argument: JSON with `wsdl`, `sign` (a command; the document's file is its last word) and
// `signature` (an unsigned ds:Signature for the place that the operation has for it).

final class SigningClient extends SoapClient
{
    /** @var list<string> */
    public array $sign = [];

    /** Signs the request as it stands, just before it leaves. */
    public function __doRequest($request, $location, $action, $version, $oneWay = false): ?string
    {
        $file = tempnam(sys_get_temp_dir(), 'mezhved-php-');
        file_put_contents($file, $request);
        $process = proc_open([...$this->sign, $file], [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
        $signed = stream_get_contents($pipes[1]);
        $said = stream_get_contents($pipes[2]);
        $code = proc_close($process);
        unlink($file);
        if ($code !== 0) {
            throw new RuntimeException($said);
        }
        return parent::__doRequest($signed, $location, $action, $version, $oneWay);
    }
}

$settings = json_decode($argv[1], true);
$client = new SigningClient($settings['wsdl'], ['cache_wsdl' => WSDL_CACHE_NONE]);
$client->sign = $settings['sign'];

function operations(SoapClient $client): array
{
    $names = array_map(
        fn (string $declaration) => preg_replace('/^.* (\w+)\(.*$/', '$1', $declaration),
        $client->__getFunctions(),
    );
    sort($names);
    return $names;
}

/** Any XML in the place that the schema leaves open. */
function any(string $xml): array
{
    return ['any' => $xml];
}

/** Local name of the root of what came in such a place; php-xml is not asked for. */
function rootOf(mixed $open): ?string
{
    return preg_match('/^\s*<(?:[\w.-]+:)?([\w.-]+)/', textOf($open), $match) === 1 ? $match[1] : null;
}

function textOf(mixed $open): string
{
    return is_object($open) ? $open->any : $open;
}

function send(SoapClient $client, array $command, array $settings): array
{
    $chain = $command['chain']
        ? ['ReferenceMessageID' => $command['messageId'], 'TransactionCode' => $command['messageId']]
        : [];
    $answer = $client->SendRequest([
        'SenderProvidedRequestData' => [
            'Id' => 'SIGNED_BY_CALLER',
            'MessageID' => $command['messageId'],
            ...$chain,
            'MessagePrimaryContent' => any($command['content']),
        ],
        'CallerInformationSystemSignature' => any($settings['signature']),
    ]);
    $metadata = $answer->MessageMetadata;
    return [
        'messageId' => $metadata->MessageId,
        'status' => $metadata->Status,
        'sender' => $metadata->Sender->Mnemonic,
        'year' => (int) substr($metadata->SendingTimestamp, 0, 4),
        'signature' => rootOf($answer->SMEVSignature),
    ];
}

function receive(SoapClient $client, array $command, array $settings): array
{
    $answer = $client->GetResponse([
        'MessageTypeSelector' => [
            'Id' => 'SIGNED_BY_CALLER',
            'NamespaceURI' => $command['namespace'],
            'RootElementLocalName' => $command['root'],
            'Timestamp' => $command['timestamp'],
        ],
        'CallerInformationSystemSignature' => any($settings['signature']),
    ]);
    if (!isset($answer->ResponseMessage)) {
        return ['empty' => true];
    }
    $message = $answer->ResponseMessage;
    $data = $message->Response->SenderProvidedResponseData;
    $content = textOf($data->MessagePrimaryContent);
    preg_match('/FullName>([^<]*)</', $content, $name);
    return [
        'originalMessageId' => $message->Response->OriginalMessageId,
        'messageId' => $data->MessageID,
        'content' => rootOf($content),
        'name' => $name[1] ?? null,
        'signature' => rootOf($message->SMEVSignature),
        'senderSignature' => rootOf($message->Response->SenderInformationSystemSignature),
    ];
}

function attempt(SoapClient $client, array $command, array $settings): array
{
    try {
        return match ($command['do']) {
            'operations' => operations($client),
            'send' => send($client, $command, $settings),
            'receive' => receive($client, $command, $settings),
        };
    } catch (SoapFault $fault) {
        $element = isset($fault->detail) ? array_key_first((array) $fault->detail) : null;
        $value = $element === null ? null : $fault->detail->$element;
        return [
            'fault' => preg_replace('/^.*:/', '', $fault->faultcode),
            'text' => $fault->faultstring,
            'element' => $element,
            'code' => $value instanceof SoapVar ? $value->enc_value->Code : ($value->Code ?? null),
        ];
    }
}

while (($line = fgets(STDIN)) !== false) {
    $result = attempt($client, json_decode($line, true), $settings);
    fwrite(STDOUT, json_encode($result, JSON_UNESCAPED_UNICODE) . "\n");
}
