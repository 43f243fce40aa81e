import { DOMException } from "web/exception.js";
import { host } from "web/host.js";

const maxReason = 123; // bytes (RFC 6455, section 5.5)

// codeOf checks that a close code may be sent (RFC 6455, section 7.4, and the codes registered since), and returns it as a
// number. protocol/close_code.go implements the same rule.
export function codeOf(given) {
  const code = Math.trunc(Number(given));
  const registered = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  if (!registered && !(code >= 3000 && code <= 4999)) {
    throw new DOMException(`A close code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999, but got ${given}`, "InvalidAccessError");
  }
  return code;
}

// reasonOf checks a close reason and returns it as a string. The default is the empty string.
export function reasonOf(given) {
  if (given === undefined) return "";
  const reason = String(given).toWellFormed();
  if (reason.length * 3 > maxReason && host.encode(reason).byteLength > maxReason) {
    throw new DOMException(`A close reason must not be longer than ${maxReason} bytes of UTF-8`, "SyntaxError");
  }
  return reason;
}
