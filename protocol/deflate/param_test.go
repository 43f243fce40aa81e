package deflate

import (
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/protocol/handshake"
)

// params parses a list of parameters such as "a; b=1".
func params(s string) []handshake.Param {
	var list []handshake.Param
	for part := range strings.SplitSeq(s, ";") {
		if name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name != "" {
			list = append(list, handshake.Param{Name: name, Value: value})
		}
	}
	return list
}

// malformed has lists of parameters that are invalid in offers and answers (RFC 7692,
// section 7.1).
var malformed = []string{
	"unknown",
	"unknown=1",
	"client_max_window_bits; permessage-deflate",
	"Server_No_Context_Takeover",
	"server_no_context_takeover=1",
	"server_no_context_takeover=true",
	"client_no_context_takeover=0",
	"server_no_context_takeover; server_no_context_takeover",
	"client_no_context_takeover; server_no_context_takeover; client_no_context_takeover",
	"server_max_window_bits",
	"server_max_window_bits=7",
	"server_max_window_bits=16",
	"server_max_window_bits=0",
	"server_max_window_bits=08",
	"server_max_window_bits=+9",
	"server_max_window_bits=-9",
	"server_max_window_bits=9.0",
	"server_max_window_bits=0x9",
	"server_max_window_bits= 9",
	"server_max_window_bits=99999999999999999999",
	"server_max_window_bits=10; server_max_window_bits=10",
	"client_max_window_bits=7",
	"client_max_window_bits=16",
	"client_max_window_bits=010",
	"client_max_window_bits=x",
	"client_max_window_bits=10; client_max_window_bits=10",
	"client_max_window_bits; client_max_window_bits",
	"client_max_window_bits; client_max_window_bits=10",
	"client_max_window_bits=10; client_max_window_bits",
}

func TestReadParamsErrors(t *testing.T) {
	for _, text := range malformed {
		if got, err := readParams(params(text)); err == nil {
			t.Errorf("%q is parsed as %+v, expected an error", text, got)
		}
		if p, answer, ok := Accept(params(text), Options{}); ok || answer != nil || p != (Params{}) {
			t.Errorf("the offer %q is accepted as %+v with the answer %v, expected it to be declined", text, p, answer)
		}
	}
}

func TestReadParamsList(t *testing.T) {
	for _, text := range []string{
		"",
		"server_no_context_takeover",
		"client_no_context_takeover; client_max_window_bits",
		"server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits=15",
	} {
		s, err := readParams(params(text))
		if err != nil || !slices.Equal(s.list(), params(text)) {
			t.Errorf("%q is parsed and listed as %v with error %v", text, s.list(), err)
		}
	}
}
