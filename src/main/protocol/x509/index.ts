export { addressBytes } from "./address.ts";
export { certificateOf, toBeSigned, type CertificateFields, type CertificateName } from "./certificate.ts";
