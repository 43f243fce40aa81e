package deflate

import (
	"slices"
	"strconv"
	"testing"

	"github.com/lingerws/linger/protocol/handshake"
)

func TestAccept(t *testing.T) {
	plain := Window{Bits: 15}
	for _, c := range []struct {
		offer   string
		options Options
		answer  string
		want    Params
	}{
		{"", Options{}, "", Params{plain, plain}},
		{"client_max_window_bits", Options{}, "", Params{plain, plain}}, // what Chromium offers
		{"client_max_window_bits=15", Options{}, "", Params{plain, plain}},
		{"client_max_window_bits=10", Options{}, "client_max_window_bits=10", Params{plain, Window{Bits: 10}}},
		{"server_max_window_bits=10", Options{}, "server_max_window_bits=10", Params{Window{Bits: 10}, plain}},
		{"server_max_window_bits=8", Options{}, "server_max_window_bits=8", Params{Window{Bits: 8}, plain}},
		{"server_max_window_bits=15", Options{}, "server_max_window_bits=15", Params{plain, plain}},
		{"server_no_context_takeover", Options{}, "server_no_context_takeover", Params{Window{15, true}, plain}},
		{"client_no_context_takeover", Options{}, "client_no_context_takeover", Params{plain, Window{15, true}}},
		{"", Options{NoContextTakeover: true}, "server_no_context_takeover; client_no_context_takeover", Params{Window{15, true}, Window{15, true}}},
		{"", Options{WindowBits: 9}, "server_max_window_bits=9", Params{Window{Bits: 9}, plain}}, // client_max_window_bits was not offered
		{"client_max_window_bits", Options{WindowBits: 9}, "server_max_window_bits=9; client_max_window_bits=9", Params{Window{Bits: 9}, Window{Bits: 9}}},
		{"client_max_window_bits=8; server_max_window_bits=12", Options{WindowBits: 9},
			"server_max_window_bits=9; client_max_window_bits=8", Params{Window{Bits: 9}, Window{Bits: 8}}},
	} {
		got, answer, ok := Accept(params(c.offer), c.options)
		if !ok || got != c.want || !slices.Equal(answer, params(c.answer)) {
			t.Errorf("with %+v the answer to %q is %v (accepted %v) and the parameters are %+v, expected %q and %+v",
				c.options, c.offer, answer, ok, got, c.answer, c.want)
		}
	}
}

// everyOffer calls f with each well-formed offer and its settings.
func everyOffer(f func(offer []handshake.Param, s settings)) {
	for flags := range 4 {
		for serverBits := minBits - 1; serverBits <= maxBits; serverBits++ {
			for clientBits := minBits - 1; clientBits <= anyBits; clientBits++ {
				s := settings{serverNoTakeover: flags&1 != 0, clientNoTakeover: flags&2 != 0}
				if serverBits >= minBits {
					s.serverBits = serverBits
				}
				if clientBits >= minBits {
					s.clientBits = clientBits
				}
				f(s.list(), s)
			}
		}
	}
}

func everyOption(f func(Options)) {
	for bits := minBits; bits <= maxBits; bits++ {
		f(Options{WindowBits: bits})
		f(Options{WindowBits: bits, NoContextTakeover: true})
	}
	f(Options{})
}

// paramValue returns the value of a parameter and whether the list has it.
func paramValue(list []handshake.Param, name string) (string, bool) {
	i := slices.IndexFunc(list, func(p handshake.Param) bool { return p.Name == name })
	if i < 0 {
		return "", false
	}
	return list[i].Value, true
}

func TestAcceptEveryOffer(t *testing.T) {
	everyOption(func(o Options) {
		everyOffer(func(offer []handshake.Param, s settings) {
			p, answer, ok := Accept(offer, o)
			if !ok {
				t.Fatalf("with %+v the offer %v is declined", o, offer)
			}
			if fault := answerFault(s, answer, p); fault != "" {
				t.Fatalf("with %+v the answer to %v is %v and the parameters are %+v: %s", o, offer, answer, p, fault)
			}
			if p.Server.Bits > o.bits() || o.NoContextTakeover && (!p.Server.NoContextTakeover || !p.Client.NoContextTakeover) {
				t.Fatalf("with %+v the parameters for the offer %v are %+v, which the options do not allow", o, offer, p)
			}
		})
	})
}

// answerFault checks an answer by the rules for servers. It returns the rule that it
// violates, or "".
func answerFault(offer settings, answer []handshake.Param, p Params) string {
	_, serverNoTakeover := paramValue(answer, serverNoContextTakeover)
	_, clientNoTakeover := paramValue(answer, clientNoContextTakeover)
	serverBits, serverLimited := paramValue(answer, serverMaxWindowBits)
	clientBits, clientLimited := paramValue(answer, clientMaxWindowBits)
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	switch {
	case offer.serverNoTakeover && !serverNoTakeover:
		return "server_no_context_takeover was offered (RFC 7692, section 7.1.1.1)"
	case offer.serverBits != 0 && (!serverLimited || number(serverBits) > offer.serverBits):
		return "server_max_window_bits was offered (RFC 7692, section 7.1.2.1)"
	case clientLimited && offer.clientBits == 0:
		return "client_max_window_bits was not offered (RFC 7692, section 7.1.2.2)"
	case clientLimited && number(clientBits) > offer.clientBits:
		return "client_max_window_bits is greater than in the offer (RFC 7692, section 7.1.2.2)"
	case serverNoTakeover != p.Server.NoContextTakeover, clientNoTakeover != p.Client.NoContextTakeover:
		return "context takeover is not as in the answer"
	case serverLimited && p.Server.Bits != number(serverBits), !serverLimited && p.Server.Bits != maxBits:
		return "the server's window is not as in the answer"
	case clientLimited && p.Client.Bits != number(clientBits), !clientLimited && p.Client.Bits != maxBits:
		return "the client's window is not as in the answer"
	}
	return ""
}
