package deflate

import (
	"errors"
	"slices"
	"testing"

	"github.com/lingerws/linger/protocol/handshake"
)

func TestOffer(t *testing.T) {
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{}, "client_max_window_bits"},
		{Options{WindowBits: 15}, "client_max_window_bits"},
		{Options{WindowBits: 10}, "server_max_window_bits=10; client_max_window_bits=10"},
		{Options{NoContextTakeover: true}, "server_no_context_takeover; client_no_context_takeover; client_max_window_bits"},
		{Options{NoContextTakeover: true, WindowBits: 8},
			"server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits=8"},
	} {
		if got := Offer(c.options); !slices.Equal(got, params(c.want)) {
			t.Errorf("with %+v the offer is %v, expected %q", c.options, got, c.want)
		}
	}
}

func TestConfirm(t *testing.T) {
	plain := Window{Bits: 15}
	for _, c := range []struct {
		options Options
		answer  string
		want    Params
	}{
		{Options{}, "", Params{plain, plain}},
		{Options{}, "server_no_context_takeover; client_no_context_takeover", Params{Window{15, true}, Window{15, true}}},
		{Options{}, "server_max_window_bits=9", Params{Window{Bits: 9}, plain}}, // allowed without an offer
		{Options{}, "client_max_window_bits=8", Params{plain, Window{Bits: 8}}},
		{Options{}, "client_max_window_bits=15", Params{plain, plain}},
		{Options{WindowBits: 10}, "server_max_window_bits=10", Params{Window{Bits: 10}, Window{Bits: 10}}},
		{Options{WindowBits: 10}, "server_max_window_bits=8; client_max_window_bits=9", Params{Window{Bits: 8}, Window{Bits: 9}}},
		{Options{NoContextTakeover: true}, "server_no_context_takeover", Params{Window{15, true}, Window{15, true}}},
	} {
		if got, err := Confirm(c.options, params(c.answer)); err != nil || got != c.want {
			t.Errorf("with %+v the parameters for the answer %q are %+v with error %v, expected %+v", c.options, c.answer, got, err, c.want)
		}
	}
}

func TestConfirmErrors(t *testing.T) {
	type invalid struct {
		options Options
		answer  string
	}
	cases := []invalid{
		{Options{}, "client_max_window_bits"},
		{Options{WindowBits: 10}, ""},
		{Options{WindowBits: 10}, "client_max_window_bits=10"},
		{Options{WindowBits: 10}, "server_max_window_bits=11"},
		{Options{WindowBits: 10}, "server_max_window_bits=10; client_max_window_bits=11"},
		{Options{WindowBits: 10}, "server_max_window_bits=10; client_max_window_bits"},
		{Options{NoContextTakeover: true}, ""},
		{Options{NoContextTakeover: true}, "client_no_context_takeover"},
	}
	for _, text := range malformed {
		cases = append(cases, invalid{Options{}, text})
	}
	for _, c := range cases {
		if got, err := Confirm(c.options, params(c.answer)); !errors.Is(err, ErrAnswer) || got != (Params{}) {
			t.Errorf("with %+v the parameters for the answer %q are %+v with error %v, expected ErrAnswer (RFC 7692, section 7.1)", c.options, c.answer, got, err)
		}
	}
}

// TestConfirmEveryAnswer compares Confirm with the rules for clients.
func TestConfirmEveryAnswer(t *testing.T) {
	everyOption(func(o Options) {
		everyOffer(func(answer []handshake.Param, s settings) {
			limited := o.bits() < maxBits
			fits := s.clientBits != anyBits &&
				(!o.NoContextTakeover || s.serverNoTakeover) &&
				(!limited || s.serverBits != 0 && s.serverBits <= o.bits() && s.clientBits <= o.bits())
			p, err := Confirm(o, answer)
			if fits != (err == nil) {
				t.Fatalf("with %+v the answer %v is agreed as %+v with error %v; it fits: %v", o, answer, p, err, fits)
			}
			if err == nil && (p.Client.Bits > o.bits() || s.clientBits != 0 && p.Client.Bits != s.clientBits) {
				t.Fatalf("with %+v the answer %v is agreed as %+v: we would use a larger window than was agreed", o, answer, p)
			}
		})
	})
}

func TestAcceptConfirmAgree(t *testing.T) {
	everyOption(func(client Options) {
		everyOption(func(server Options) {
			accepted, answer, ok := Accept(Offer(client), server)
			confirmed, err := Confirm(client, answer)
			if !ok || err != nil || confirmed != accepted {
				t.Fatalf("a client with %+v has the parameters %+v and a server with %+v has %+v (accepted %v, error %v)", client, confirmed, server, accepted, ok, err)
			}
			want := Params{
				Server: Window{min(client.bits(), server.bits()), client.NoContextTakeover || server.NoContextTakeover},
				Client: Window{min(client.bits(), server.bits()), client.NoContextTakeover || server.NoContextTakeover},
			}
			if confirmed != want {
				t.Fatalf("a client with %+v and a server with %+v negotiate %+v, expected %+v", client, server, confirmed, want)
			}
		})
	})
}
