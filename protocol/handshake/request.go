package handshake

// version is the supported version of the protocol (RFC 6455, section 4.1).
const version = "13"

// Request is the part of an HTTP request that the checks need.
type Request struct {
	Method        string              // the method
	ProtoMajor    int                 // 1 for HTTP/1.1
	ProtoMinor    int                 // 1 for HTTP/1.1
	Target        string              // the request target as received, in any form (RFC 9112, section 3.2); not checked if empty
	Host          string              // the value of Host, or the authority of the request target
	ContentLength int64               // the length of the body in bytes: 0 means no body, -1 unknown
	Header        map[string][]string // the header fields by canonical key; they may include Host
}

// IsUpgrade reports whether a request is an upgrade to WebSocket: Upgrade contains websocket, and Connection contains
// upgrade. The request need not be a valid opening handshake: see [CheckRequest].
func IsUpgrade(header map[string][]string) bool {
	return hasToken(header[upgradeKey], "websocket") && hasToken(header[connectionKey], "upgrade")
}

// IsAttempt reports whether a request is an attempt to open a WebSocket: an upgrade, a GET whose Upgrade contains
// websocket, even if a proxy has removed Connection, or the extended CONNECT of HTTP/2. [CheckRequest] returns the right
// refusal for it. IsAttempt uses only Method and Header.
func IsAttempt(r Request) bool {
	return IsUpgrade(r.Header) || isExtendedConnect(r) || r.Method == "GET" && hasToken(r.Header[upgradeKey], "websocket")
}

// isExtendedConnect reports whether a request would open a WebSocket over HTTP/2 (RFC 8441, section 4). net/http adds the
// pseudo-header field :protocol to the header.
func isExtendedConnect(r Request) bool {
	return r.Method == "CONNECT" && hasToken(r.Header[":protocol"], "websocket")
}

// CheckRequest checks a client's opening handshake (RFC 6455, section 4.2.1). It returns the offer or a refusal, which
// must be compared with nil before it is assigned to a variable of type error. It does not check the origin: see
// [OriginPolicy]. The offer contains unknown extensions too; a server declines an extension by not agreeing to it.
func CheckRequest(r Request) (Offer, *Refusal) {
	offer, refusal := checkRequest(r)
	return offer, refusal.withClose(r)
}

func checkRequest(r Request) (Offer, *Refusal) {
	if refusal := checkHTTP(r); refusal != nil {
		return Offer{}, refusal
	}
	if refusal := checkUpgrade(r); refusal != nil {
		return Offer{}, refusal
	}
	return readOffer(r.Header)
}

// checkHTTP checks the rules that do not depend on the fields of WebSocket.
func checkHTTP(r Request) *Refusal {
	switch {
	case isExtendedConnect(r):
		return extendedConnect()
	case r.Method != "GET": // RFC 6455, section 4.2.1, rule 1
		return methodNotAllowed()
	case !atLeastHTTP11(r): // RFC 6455, section 4.2.1, rule 1
		return UpgradeRequired(r.ProtoMajor, ReasonHTTPVersion, "WebSocket requires HTTP/1.1, and the version of this request is older"+proxyHint)
	}
	if refusal := checkTarget(r); refusal != nil {
		return refusal
	}
	if r.ContentLength != 0 {
		// After the upgrade the body would be read as frames.
		return badRequest(ReasonBody, "An opening handshake has no body; send it without Content-Length and Transfer-Encoding")
	}
	return nil
}

// checkUpgrade checks Upgrade, Connection and Sec-WebSocket-Version.
func checkUpgrade(r Request) *Refusal {
	switch {
	case r.ProtoMajor > 1: // RFC 9113, section 8.6: HTTP/2 has no upgrade
		return UpgradeRequired(r.ProtoMajor, ReasonHTTPVersion, "This server supports WebSocket over HTTP/1.1 only; send the opening handshake with that version")
	case !hasToken(r.Header[upgradeKey], "websocket"): // RFC 6455, section 4.2.1, rule 3
		return UpgradeRequired(r.ProtoMajor, ReasonUpgrade, "Only WebSocket is supported here, and the request is not an upgrade; send Upgrade: websocket"+proxyHint)
	case !hasToken(r.Header[connectionKey], "upgrade"): // RFC 6455, section 4.2.1, rule 4
		return UpgradeRequired(r.ProtoMajor, ReasonConnection, "Connection does not contain upgrade; send Connection: Upgrade"+proxyHint)
	case len(r.Header[versionKey]) > 1: // RFC 6455, section 11.3.5
		return badRequest(ReasonVersion, "Sec-WebSocket-Version is repeated; send it once")
	}
	if singleValue(r.Header, versionKey) != version { // RFC 6455, section 4.2.1, rule 6
		return wrongVersion(r.ProtoMajor)
	}
	return nil
}

// readOffer parses the key, the subprotocols and the extensions.
func readOffer(header map[string][]string) (Offer, *Refusal) {
	key := singleValue(header, keyKey) // RFC 6455, section 11.3.1: not repeated
	if !isKey(key) {                   // RFC 6455, section 4.2.1, rule 5
		return Offer{}, badRequest(ReasonKey, "Sec-WebSocket-Key is missing, repeated or malformed; send it once: 16 random bytes in base64, 24 characters")
	}
	protocols, err := parseProtocols(header[protocolKey])
	if err != nil {
		return Offer{}, badRequest(ReasonProtocol, err.Error())
	}
	extensions, err := parseExtensions(header[extensionKey])
	if err != nil {
		return Offer{}, badRequest(ReasonExtension, err.Error())
	}
	return Offer{Key: key, Protocols: protocols, Extensions: extensions}, nil
}

func atLeastHTTP11(r Request) bool {
	return r.ProtoMajor > 1 || r.ProtoMajor == 1 && r.ProtoMinor >= 1
}
