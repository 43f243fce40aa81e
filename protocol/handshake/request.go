package handshake

// version is the one version of the protocol. RFC 6455, section 4.1.
const version = "13"

// Request is an HTTP request as the checks need it.
type Request struct {
	Method        string
	ProtoMajor    int                 // HTTP/1.1: 1
	ProtoMinor    int                 // HTTP/1.1: 1
	Target        string              // as it came, in any form: RFC 9112, section 3.2; empty: it is not judged
	Host          string              // the Host field, or the authority of the request target
	ContentLength int64               // of the body: 0 = none, -1 = unknown
	Header        map[string][]string // canonical keys; it may, but need not, hold Host again
}

// IsUpgrade reports whether a request asks to become a WebSocket: its Upgrade names websocket and its Connection
// names upgrade. It decides whose request it is; whether the request is a good one is for [CheckRequest] to say.
func IsUpgrade(header map[string][]string) bool {
	return hasToken(header[upgradeKey], "websocket") && hasToken(header[connectionKey], "upgrade")
}

// IsAttempt reports whether a request is meant to open a WebSocket, whether or not it is an upgrade: a GET whose Upgrade
// names websocket, even if a proxy has removed Connection, and the extended CONNECT of HTTP/2. [CheckRequest] says what
// is wrong with it. Only Method and Header of the request are read.
func IsAttempt(r Request) bool {
	return IsUpgrade(r.Header) || isExtendedConnect(r) || r.Method == "GET" && hasToken(r.Header[upgradeKey], "websocket")
}

// isExtendedConnect reports whether a request asks for a WebSocket over HTTP/2: RFC 8441, section 4. net/http files the
// pseudo-header field :protocol among the others.
func isExtendedConnect(r Request) bool {
	return r.Method == "CONNECT" && hasToken(r.Header[":protocol"], "websocket")
}

// CheckRequest reads a client's opening handshake, RFC 6455, section 4.2.1. It returns the offer, or the refusal to
// answer with, which is to be compared with nil before it is stored in a variable of type error. The origin is not
// judged here but by an [OriginPolicy], and extensions that nobody knows stay in the offer: not agreeing to them is
// how they are declined.
func CheckRequest(r Request) (Offer, *Refusal) {
	offer, refusal := checkRequest(r)
	return offer, refusal.leaving(r)
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

// checkHTTP judges the request as HTTP, before anything of WebSocket is looked at.
func checkHTTP(r Request) *Refusal {
	switch {
	case isExtendedConnect(r):
		return extendedConnect()
	case r.Method != "GET": // RFC 6455, section 4.2.1, rule 1
		return methodNotAllowed()
	case !atLeastHTTP11(r): // RFC 6455, section 4.2.1, rule 1
		return UpgradeRequired(r.ProtoMajor, ReasonHTTPVersion, "A WebSocket needs HTTP/1.1, and this request came with an older version"+proxyHint)
	}
	if refusal := checkTarget(r); refusal != nil {
		return refusal
	}
	if r.ContentLength != 0 {
		// The body would be read as frames by whatever takes the connection over.
		return badRequest(ReasonBody, "An opening handshake has no body; send it without Content-Length and Transfer-Encoding")
	}
	return nil
}

// checkUpgrade judges the fields that turn HTTP into WebSocket.
func checkUpgrade(r Request) *Refusal {
	switch {
	case r.ProtoMajor > 1: // RFC 9113, section 8.6: there is no upgrade
		return UpgradeRequired(r.ProtoMajor, ReasonHTTPVersion, "A WebSocket is opened over HTTP/1.1 here; send the opening handshake with that version")
	case !hasToken(r.Header[upgradeKey], "websocket"): // RFC 6455, section 4.2.1, rule 3
		return UpgradeRequired(r.ProtoMajor, ReasonUpgrade, "Only WebSocket is spoken here, and the request does not ask for it; send Upgrade: websocket"+proxyHint)
	case !hasToken(r.Header[connectionKey], "upgrade"): // RFC 6455, section 4.2.1, rule 4
		return UpgradeRequired(r.ProtoMajor, ReasonConnection, "Connection does not name upgrade; send Connection: Upgrade"+proxyHint)
	case len(r.Header[versionKey]) > 1: // RFC 6455, section 11.3.5
		return badRequest(ReasonVersion, "Sec-WebSocket-Version is repeated; send it once")
	}
	if single(r.Header, versionKey) != version { // RFC 6455, section 4.2.1, rule 6
		return wrongVersion(r.ProtoMajor)
	}
	return nil
}

// readOffer reads what is the client's own to choose.
func readOffer(header map[string][]string) (Offer, *Refusal) {
	key := single(header, keyKey) // RFC 6455, section 11.3.1: once
	if !isKey(key) {              // RFC 6455, section 4.2.1, rule 5
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
