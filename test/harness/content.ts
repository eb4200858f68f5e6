/** Business content of the sandbox's message types; the names in it are made up. */
export const birthType = 'birth-record';
export const birthNamespace = 'urn://mezhved.example/birth-record/1.0.0';
export const paymentNamespace = 'urn://mezhved.example/payment-status/1.0.0';

export function birthRequest(name: string): string {
  return (
    `<z:BirthRecordRequest xmlns:z="${birthNamespace}"><z:FullName>${name}</z:FullName>` +
    '<z:BirthDate>2001-02-03</z:BirthDate></z:BirthRecordRequest>'
  );
}

export function birthResponse(name: string): string {
  return (
    `<z:BirthRecordResponse xmlns:z="${birthNamespace}"><z:FullName>${name}</z:FullName>` +
    '<z:BirthDate>2001-02-03</z:BirthDate><z:RecordNumber>100000000000000000001</z:RecordNumber>' +
    '<z:Office>Испытательный отдел</z:Office></z:BirthRecordResponse>'
  );
}

export function paymentRequest(scenario?: string): string {
  const asked = scenario === undefined ? '' : `<p:Scenario>${scenario}</p:Scenario>`;
  return (
    `<p:PaymentStatusRequest xmlns:p="${paymentNamespace}"><p:PaymentNumber>12345</p:PaymentNumber>` +
    `${asked}</p:PaymentStatusRequest>`
  );
}
