const token = /^[!#$%&'*+\-.^_`|~\w]+$/;

// isToken reports whether text is a token of HTTP, as the names of header fields, methods and subprotocols are: RFC 9110,
// section 5.6.2.
export const isToken = (text) => token.test(text);

// tokenCharacters names the characters of a token in error messages.
export const tokenCharacters = "letters, digits and !#$%&'*+-.^_`|~";
