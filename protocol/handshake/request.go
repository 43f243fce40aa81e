package handshake

import "strings"

// version is the one version of the protocol. RFC 6455, section 4.1.
const version = "13"

// Request is an HTTP request as the checks need it.
type Request struct {
	Method        string
	ProtoMajor    int                 // HTTP/1.1: 1
	ProtoMinor    int                 // HTTP/1.1: 1
	Host          string              // the Host field, or the authority of the request target
	ContentLength int64               // of the body: 0 = none, -1 = unknown
	Header        map[string][]string // canonical keys; it may, but need not, hold Host again
}

// IsUpgrade reports whether a request asks to become a WebSocket: its Upgrade names websocket and its Connection
// names upgrade. It decides whose request it is; whether the request is a good one is for [CheckRequest] to say.
func IsUpgrade(header map[string][]string) bool {
	return hasToken(header[upgradeKey], "websocket") && hasToken(header[connectionKey], "upgrade")
}

// CheckRequest reads a client's opening handshake, RFC 6455, section 4.2.1. It returns the offer, or the refusal to
// answer with, which is to be compared with nil before it is stored in a variable of type error. The origin is not
// judged here but by an [OriginPolicy], and extensions that nobody knows stay in the offer: not agreeing to them is
// how they are declined.
func CheckRequest(r Request) (Offer, *Refusal) {
	if refusal := checkHTTP(r); refusal != nil {
		return Offer{}, refusal
	}
	if refusal := checkUpgrade(r.Header); refusal != nil {
		return Offer{}, refusal
	}
	return readOffer(r.Header)
}

// checkHTTP judges the request as HTTP, before anything of WebSocket is looked at.
func checkHTTP(r Request) *Refusal {
	switch {
	case r.Method != "GET": // RFC 6455, section 4.2.1, rule 1
		return methodNotAllowed()
	case !atLeastHTTP11(r): // RFC 6455, section 4.2.1, rule 1
		return upgradeRequired(ReasonHTTPVersion, "A WebSocket needs HTTP/1.1, and this request came with an older version"+proxyHint)
	case !hasOneHost(r): // RFC 6455, section 4.2.1, rule 2
		return badRequest(ReasonHost, "Host is missing, repeated or not a host; send it once, as host or host:port")
	case r.ContentLength != 0:
		// The body would be read as frames by whoever takes the connection over.
		return badRequest(ReasonBody, "An opening handshake has no body; send it without Content-Length and Transfer-Encoding")
	}
	return nil
}

// checkUpgrade judges the fields that turn HTTP into WebSocket.
func checkUpgrade(header map[string][]string) *Refusal {
	switch {
	case !hasToken(header[upgradeKey], "websocket"): // RFC 6455, section 4.2.1, rule 3
		return upgradeRequired(ReasonUpgrade, "Only WebSocket is spoken here, and the request does not ask for it; send Upgrade: websocket"+proxyHint)
	case !hasToken(header[connectionKey], "upgrade"): // RFC 6455, section 4.2.1, rule 4
		return upgradeRequired(ReasonConnection, "Connection does not name upgrade; send Connection: Upgrade"+proxyHint)
	case len(header[versionKey]) > 1: // RFC 6455, section 11.3.5
		return badRequest(ReasonVersion, "Sec-WebSocket-Version is repeated; send it once")
	}
	if single(header, versionKey) != version { // RFC 6455, section 4.2.1, rule 6
		return wrongVersion()
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

// hasOneHost reports whether the request names one host. A server may file the field under Host, in the header, or
// both.
func hasOneHost(r Request) bool {
	fields := r.Header[hostKey]
	return len(fields) <= 1 && isHost(r.Host) && (len(fields) == 0 || fields[0] == r.Host)
}

// isHost reports whether s can be host or host:port, by what neither of them may contain.
func isHost(s string) bool {
	return s != "" && !strings.ContainsAny(s, ", \t\r\n/\\?#@")
}
