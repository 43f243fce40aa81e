package websocket

import (
	"errors"

	"github.com/lingerws/linger/protocol/handshake"
)

// halfCloseToken names the extension that docs/half-close.md specifies.
const halfCloseToken = "half-close"

// terms are the extensions in use on one connection.
type terms struct {
	halfClose bool
}

// agree chooses from a client's offer what both want, and returns the answer
// (RFC 6455, section 9.1). What is not taken up is declined by silence.
func agree(offer []handshake.Extension, o *Options) (terms, []handshake.Extension) {
	var t terms
	var answer []handshake.Extension
	for _, e := range offer {
		if e.Name == halfCloseToken && o.HalfClose && !t.halfClose && len(e.Params) == 0 {
			t.halfClose = true
			answer = append(answer, handshake.Extension{Name: halfCloseToken})
		}
	}
	return t, answer
}

// offer returns the extensions that a client asks for.
func offer(o *Options) []handshake.Extension {
	var wanted []handshake.Extension
	if o.HalfClose {
		wanted = append(wanted, handshake.Extension{Name: halfCloseToken})
	}
	return wanted
}

// errAnswer is a server's answer that RFC 6455, section 9.1 does not allow.
var errAnswer = errors.New("the server's answer to the offered extensions is wrong")

// settleTerms reads a server's answer, which holds nothing that was not offered.
func settleTerms(answer []handshake.Extension) (terms, error) {
	var t terms
	for _, e := range answer {
		if e.Name != halfCloseToken {
			continue
		}
		if t.halfClose || len(e.Params) > 0 {
			return terms{}, errAnswer
		}
		t.halfClose = true
	}
	return t, nil
}
