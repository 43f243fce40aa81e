const token = /^[!#$%&'*+\-.^_`|~\w]+$/;

// isToken reports whether text is a token of HTTP, such as the name of a header field, a method or a subprotocol (RFC 9110,
// section 5.6.2).
export const isToken = (text) => token.test(text);

// tokenCharacters describes the characters of a token, for error messages.
export const tokenCharacters = "letters, digits and !#$%&'*+-.^_`|~";
